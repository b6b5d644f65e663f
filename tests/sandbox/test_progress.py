"""What `up` prints of a stack's outputs."""

from __future__ import annotations

from sandbox.progress import outputs_text


def test_an_output_is_a_line_however_long_it_is() -> None:
    policy = "permit(\n  principal,\n  action,\n  resource\n);" * 10
    shown = outputs_text(
        {"gateways": {"okta": {"policies": {"agent": policy}, "name": "demo-okta"}}, "keys": ["a", "b"]}
    )
    assert [line.partition(" permit")[0].partition(' "permit')[0] for line in shown.splitlines()] == [
        "  gateways:",
        "    okta:",
        "      name: demo-okta",
        "      policies: {agent:",
        "  keys: [a, b]",
    ]
    assert shown.splitlines()[3].endswith("…")
    assert max(map(len, shown.splitlines())) <= 122
