"""What `up` prints of a stack's outputs."""

from __future__ import annotations

from sandbox.progress import outputs_text


def test_an_output_is_a_line_however_long_it_is() -> None:
    policy = "permit(\n  principal,\n  action,\n  resource\n);" * 10
    values = {
        "gateways": {"okta": {"policies": {"agent": policy}, "name": "demo-okta"}},
        "keys": ["a", "b"],
        "none": {},
    }
    shown = outputs_text(values).splitlines()
    assert [line.partition(" principal")[0] for line in shown] == [
        "  gateways:",
        "    okta:",
        "      name: demo-okta",
        "      policies:",
        "        agent: permit(",
        '  keys: ["a", "b"]',
        "  none: {}",
    ]
    assert shown[4].endswith("…")
    assert len(shown[4]) == 120
