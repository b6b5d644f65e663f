"""`agentcore-auth` as a program sees it: output, exit codes, errors in a line or two, start-up time."""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.issued_tokens import (
    AUTH0_CLIENT,
    AUTH0_ISSUER,
    COGNITO_CLIENT,
    COGNITO_ISSUER,
    assembled,
    auth0,
    cognito,
    discovery_url,
    key_set,
    signed,
)
from tests.unit.project import PROJECT
from tests.unit.token_command import Command


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(monkeypatch)


@pytest.fixture
def jwks(tmp_path: Path) -> str:
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(key_set()))
    return str(file)


def fresh(claims: dict[str, object]) -> str:
    """Signed with times of today."""
    now = int(time.time())
    return signed({**claims, "iat": now - 5, "exp": now + 3595})


AT_COGNITO = ("--discovery-url", discovery_url(COGNITO_ISSUER))


def test_decode_shows_all_but_the_signature(tokens: Command) -> None:
    token = fresh(cognito())
    shown = tokens("decode", stdin=token)
    assert shown.code == 0
    assert token.rpartition(".")[2] not in shown.out
    for text in ('"alg": "RS256"', f'"client_id": "{COGNITO_CLIENT}"', "(expires in 59 minutes)", "shape: cognito"):
        assert text in shown.out


def test_decode_as_json(tokens: Command) -> None:
    document = tokens("decode", "--json", stdin=fresh(auth0())).document
    assert document["header"]["kid"] == "current"
    assert document["claims"]["aud"] == "gateway123"
    assert document["kind"] == "access"
    assert document["shape"]["name"] == "auth0/rfc9068_profile_authz"
    assert 3580 < document["expiresIn"] <= 3595
    assert document["times"]["exp"]["date"].endswith("Z")


@pytest.mark.parametrize(
    ("exp", "says"), [(1_000_000_000, "2001-09-09T01:46:40Z"), (10**30, "beyond the calendar"), (1, "1970-01-01")]
)
def test_decode_of_any_time(tokens: Command, exp: int, says: str) -> None:
    assert says in tokens("decode", stdin=signed({"exp": exp})).out


@pytest.mark.parametrize("command", [("decode",), ("check", *AT_COGNITO, "--allowed-clients", COGNITO_CLIENT)])
def test_a_token_endpoints_answer_may_be_piped_in_as_it_is(
    tokens: Command, jwks: str, command: tuple[str, ...]
) -> None:
    keys = ("--jwks", jwks) if command[0] == "check" else ()
    answer = json.dumps({"access_token": fresh(cognito()), "token_type": "Bearer"})
    shown = tokens(*command, *keys, stdin=answer)
    assert shown.code == 0
    assert shown.err == "note: took the token out of the JSON's access_token\n"


def test_the_version_is_the_projects(tokens: Command) -> None:
    shown = tokens("--version")
    declared = re.search(r'^version = "(.*)"$', (PROJECT / "pyproject.toml").read_text(), re.MULTILINE)
    assert declared
    assert (shown.code, shown.out) == (0, f"agentcore-auth {declared[1]}\n")


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_the_script_for_a_shell_knows_commands_and_options(tokens: Command, shell: str) -> None:
    script = tokens("completion", shell)
    assert script.code == 0
    options = () if shell == "tcsh" else ("--fail-on", "--token-file")  # shtab completes commands only for tcsh
    assert all(word in script.out for word in ("discover", *options))


def test_bash_completes_a_command(tokens: Command, tmp_path: Path) -> None:
    file = tmp_path / "completion.sh"
    file.write_text(
        tokens("completion", "bash").out + "COMP_WORDS=(agentcore-auth imp) COMP_CWORD=1\n"
        "_shtab_agentcore_auth\necho ${COMPREPLY[@]}\n"
    )
    ended = subprocess.run(["/bin/bash", str(file)], capture_output=True, text=True, check=True)
    assert ended.stdout == "impact\n"


def test_decode_says_what_it_took_off(tokens: Command) -> None:
    shown = tokens("decode", stdin=f"Bearer {signed(cognito())}")
    assert shown.code == 0
    assert "took off the prefix `Bearer `" in shown.err


def test_check_accepts(tokens: Command, jwks: str) -> None:
    checked = tokens("check", *AT_COGNITO, "--allowed-clients", COGNITO_CLIENT, "--jwks", jwks, stdin=fresh(cognito()))
    assert (checked.code, checked.out, checked.err) == (0, "200 accepted: client_id match\n", "")


def test_check_refuses_with_a_remedy(tokens: Command, jwks: str) -> None:
    arguments = (*AT_COGNITO, "--gateway", "cognito", "--allowed-audience", "gateway123", "--jwks", jwks)
    checked = tokens("check", *arguments, stdin=fresh(cognito()))
    assert checked.code == 1
    assert checked.out.startswith("401 audience_absent: ")
    assert f'cognito.allowedClients: ["{COGNITO_CLIENT}"]' in checked.out
    assert '"customJWTAuthorizer"' in checked.out
    document = tokens("check", "--json", *arguments, stdin=fresh(cognito())).document
    assert (document["status"], document["cause"]) == (401, "audience_absent")
    assert [finding["cause"] for finding in document["findings"]] == ["audience_absent"]
    assert "leave allowedAudience out" in document["remedy"]
    assert document["configuration"] == {"cognito.allowedClients": [COGNITO_CLIENT]}
    assert document["authorizer"]["allowedClients"] == [COGNITO_CLIENT]


def test_check_of_an_accepted_token_as_json(tokens: Command, jwks: str) -> None:
    arguments = ("check", "--json", *AT_COGNITO, "--allowed-scopes", "gateway/read", "gateway/admin", "--jwks", jwks)
    document = tokens(*arguments, stdin=fresh(cognito())).document
    assert (document["status"], document["cause"], document["findings"]) == (200, None, [])
    assert (document["remedy"], document["authorizer"], document["matched"]) == (None, None, ["scope"])
    assert "not tried on a live gateway" in document["notes"][0]


@pytest.mark.parametrize("wrap", [[], ["customJWTAuthorizer"], ["customJWTAuthorizer", "authorizerConfiguration"]])
def test_check_takes_an_authorizers_file(tokens: Command, jwks: str, tmp_path: Path, wrap: Sequence[str]) -> None:
    document: dict[str, object] = {"discoveryUrl": discovery_url(AUTH0_ISSUER), "allowedClients": [AUTH0_CLIENT]}
    for key in wrap:
        document = {key: document}
    file = tmp_path / "authorizer.json"
    file.write_text(json.dumps(document))
    assert tokens("check", "--authorizer", str(file), "--jwks", jwks, stdin=fresh(auth0())).code == 0


def test_check_of_an_authorizer_without_a_list_names_the_tightest(tokens: Command, jwks: str) -> None:
    document = tokens("check", "--json", *AT_COGNITO, "--jwks", jwks, stdin=fresh(cognito())).document
    assert (document["status"], document["cause"]) == (401, "no_list")
    assert document["authorizer"]["allowedClients"] == [COGNITO_CLIENT]
    assert document["configuration"] == {}  # there is no stack
    of_stack = tokens("check", "--json", *AT_COGNITO, "--gateway", "pool", "--jwks", jwks, stdin=fresh(cognito()))
    assert of_stack.document["configuration"]["oidc.pool.allowedScopes"] == ["gateway/read", "gateway/write"]


def test_check_of_an_authorizer_that_aws_would_refuse(tokens: Command, jwks: str) -> None:
    arguments = ("--discovery-url", COGNITO_ISSUER, "--allowed-clients", "a", "--jwks", jwks)
    document = tokens("check", "--json", *arguments, stdin=fresh(cognito())).document
    assert (document["status"], document["cause"]) == (401, "authorizer_invalid")


@pytest.mark.parametrize("leeway", ["nan", "inf", "1e999", "-1", "soon"])
def test_leeway_is_a_number_of_seconds(tokens: Command, jwks: str, leeway: str) -> None:
    refused = tokens("check", *AT_COGNITO, "--allowed-clients", "a", "--jwks", jwks, "--leeway", leeway, stdin="a.b.c")
    assert (refused.code, "is no number of seconds from 0 on" in refused.err) == (2, True)


@pytest.mark.parametrize("option", ["--authorizer", "--jwks"])
def test_a_file_without_end_is_refused(tokens: Command, option: str) -> None:
    refused = tokens("check", *AT_COGNITO, option, "/dev/zero", stdin=fresh(cognito()))
    assert (refused.code, refused.err.count("\n")) == (2, 1)


def test_check_with_leeway(tokens: Command, jwks: str) -> None:
    arguments = ("check", *AT_COGNITO, "--allowed-clients", COGNITO_CLIENT, "--jwks", jwks)
    late = signed(cognito(exp=int(time.time()) - 30, iat=1))
    assert tokens(*arguments, stdin=late).code == 1
    assert tokens(*arguments, "--leeway", "300", stdin=late).code == 0


@pytest.mark.parametrize(
    ("token", "says"),
    [
        (signed(cognito(iss="http://sso.example.com")), "is no https URL"),
        (jwt.encode(cognito(), "shared" * 8, "HS256"), "HS256"),
        (assembled({"alg": "none"}, cognito(), b""), "none"),
    ],
)
def test_suggest_has_nothing_for_a_token_that_no_gateway_takes(tokens: Command, token: str, says: str) -> None:
    refused = tokens("suggest", stdin=token)
    assert (refused.code, refused.out) == (1, "")
    assert says in refused.err


def test_suggest_shows_json_and_configuration(tokens: Command) -> None:
    shown = tokens("suggest", stdin=fresh(auth0()))
    assert shown.code == 0
    assert "1. by audience, client, scopes, the tightest" in shown.out
    assert "# add existing to identityProviders" in shown.out
    document = tokens("suggest", "--json", "--name", "partner", stdin=fresh(auth0())).document
    first = document["authorizers"][0]
    assert first["authorizer"]["allowedClients"] == [AUTH0_CLIENT]
    assert list(first["configuration"]) == ["agentcore-auth:oidc"]
    assert first["configuration"]["agentcore-auth:oidc"]["partner"]["allowedAudience"] == ["gateway123"]
    assert first["addToIdentityProviders"] == "partner"


def test_a_python_without_the_packages_is_told_how_to_get_them(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], timeout=600, check=True)
    (tmp_path / "jwks.json").write_text(json.dumps(key_set()))
    command = ["check", *AT_COGNITO, "--allowed-clients", "a", "--jwks", str(tmp_path / "jwks.json")]
    answer = subprocess.run(
        [tmp_path / "bare" / "bin" / "python", "-m", "agentcore_auth", *command],
        cwd=PROJECT,
        input=fresh(cognito()),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    says = "this Python has not the project's packages: make setup, then . .venv/bin/activate"
    assert (answer.returncode, answer.stderr) == (2, f"check: {says}\n")


def test_a_token_comes_from_a_file_or_the_environment(
    tokens: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    file.write_text(signed(cognito()))
    monkeypatch.setenv("MY_TOKEN", signed(auth0()))
    assert COGNITO_CLIENT in tokens("decode", "--token-file", str(file)).out
    assert AUTH0_CLIENT in tokens("decode", "--token-env", "MY_TOKEN").out


WRONG_USE = {
    "no command": ((), "required"),
    "an unknown command": (("explain",), "invalid choice"),
    "no authorizer": (("check",), "name one authorizer"),
    "two authorizers": (("check", "--stack", "a", "--authorizer", "b"), "name one authorizer"),
    "lists beside a file": (("check", "--authorizer", "b", "--allowed-clients", "c"), "name one authorizer"),
    "an authorizer's file that is not there": (("check", "--authorizer", "absent.json"), "cannot be read"),
    "nothing on standard input": (("decode",), "no token on standard input"),
    "a variable that is not set": (("decode", "--token-env", "NOT_SET"), "NOT_SET"),
    "a file that is not there": (("decode", "--token-file", "absent"), "cannot be read"),
    "a name that no gateway can have": (("suggest", "--name", "A_b"), "lower-case"),
    "a name that is built in": (("suggest", "--name", "okta"), "none of"),
    "the name of callers who sign": (("suggest", "--name", "iam"), "none of"),
    "a provider without a stack": (("get", "--idp", "cognito", "--env-file", "absent"), "--stack"),
    "no credentials": (("get", "--env-file", "absent"), "COGNITO_CLIENT_ID"),
    "outputs that are not there": (("verify", "--outputs", "absent.json"), "cannot be read"),
    "no stack": (("env",), "--stack"),
}


@pytest.mark.parametrize(("arguments", "says"), WRONG_USE.values(), ids=WRONG_USE.keys())
def test_wrong_use_is_one_line_and_exit_code_2(tokens: Command, arguments: tuple[str, ...], says: str) -> None:
    answer = tokens(*arguments)
    assert answer.code == 2
    assert says in answer.err
    assert answer.err.count("\n") <= 2


def test_a_token_as_an_argument_is_refused_and_not_repeated(tokens: Command) -> None:
    token = signed(cognito())
    answer = tokens("decode", token)
    assert answer.code == 2
    assert "never an argument" in answer.err
    assert token not in answer.err


def test_errors_as_json_have_cause_message_and_remedy(tokens: Command) -> None:
    answer = tokens("decode", "--json", stdin="hello")
    assert answer.code == 1
    assert answer.document["error"]["cause"] == "not_a_token"
    assert answer.err == "decode: not a token: 1 part(s) between dots instead of 3\n"


TEXTS = st.binary(max_size=200) | st.sampled_from(
    [
        b"\0",
        b"\xff\xfe",
        b"Bearer ",
        b"." * 70_000,
        b"eyJhbGciOiJSUzI1NiJ9.W10.x",
        b"eyJhbGciOiJSUzI1NiJ9.eyJleHAiOjFlOTl9.x",
        b"eyJhbGciOlsxXX0.eyJpc3MiOlsxXSwic3ViIjp7fX0.x",
        assembled({"alg": "RS256"}, {"iss": 5, "aud": {}, "exp": "x", "scp": [1], "nbf": 1e300}).encode(),
    ]
)
COMMANDS = st.sampled_from(
    [("decode",), ("suggest",), ("check", *AT_COGNITO, "--allowed-clients", "a", "--jwks", "JWKS")]
)


@settings(max_examples=150)
@given(text=TEXTS, command=COMMANDS, as_json=st.booleans())
def test_any_bytes_on_standard_input_end_without_a_traceback(
    tokens: Command, jwks: str, text: bytes, command: tuple[str, ...], as_json: bool
) -> None:
    arguments = [jwks if argument == "JWKS" else argument for argument in command]
    answer = tokens(*arguments, *(["--json"] if as_json else []), stdin=text)
    assert answer.code in {0, 1, 2, 3}
    assert answer.err.count("\n") <= 2
    if as_json:
        assert isinstance(answer.document, dict)


def run(*arguments: str, stdin: bytes = b"", python: Sequence[str] = ()) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, *python, "-m", "agentcore_auth", *arguments]
    return subprocess.run(command, cwd=PROJECT, input=stdin, capture_output=True, timeout=600, check=False)


@pytest.mark.parametrize(
    "text", [b"A" * 10_000_000, b"eyJ." * 2_500_000, b"\0" * 1000, b'{"a":' * 50_000, b"\xff" * 10_000_000]
)
def test_a_hostile_input_ends_within_a_second_of_work(text: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer = run("decode", stdin=text)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert answer.returncode == 1
    assert answer.stderr.count(b"\n") == 1
    assert b"Traceback" not in answer.stderr
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1


def test_a_reader_that_has_seen_enough_is_no_error() -> None:
    command = f"{sys.executable} -m agentcore_auth suggest | head -n 1"
    answer = subprocess.run(
        ["/bin/sh", "-c", command],
        cwd=PROJECT,
        input=signed(auth0()).encode(),
        capture_output=True,
        timeout=600,
        check=False,
    )
    assert answer.stdout.startswith(b"1. by audience")
    assert answer.stderr == b""


def test_an_ascii_terminal_is_enough(jwks: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    arguments = (*AT_COGNITO, "--allowed-clients", "x" * 500, "--jwks", jwks)
    assert run("check", *arguments, stdin=signed(cognito(client_id="y" * 500)).encode()).returncode == 1


def test_no_command_imports_pulumi() -> None:
    everything = (
        "import sys, pkgutil, importlib, agentcore_auth\n"
        "for module in pkgutil.walk_packages(agentcore_auth.__path__, 'agentcore_auth.'):\n"
        "    importlib.import_module(module.name)\n"
        "others = {name.partition('.')[0] for name in sys.modules} & {'pulumi', 'pulumi_aws', 'sandbox'}\n"
        "sys.exit(' '.join(others) or 0)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", everything], cwd=PROJECT, capture_output=True, timeout=600, check=False
    )
    assert (answer.returncode, answer.stderr) == (0, b"")


def test_a_command_imports_only_what_it_uses(jwks: str) -> None:
    token = fresh(cognito()).encode()
    check = ("check", *AT_COGNITO, "--allowed-audience", "a", "--jwks", jwks)
    packages = {"cryptography", "dotenv", "jwt", "pydantic", "yaml"}
    assert imported("decode", stdin=token) & packages == set()
    assert imported(*check, stdin=token) & packages == {"cryptography", "jwt"}


def imported(*arguments: str, stdin: bytes) -> set[str]:
    """The packages that a command imports."""
    told = run(*arguments, stdin=stdin, python=("-X", "importtime")).stderr.decode()
    names = {line.rpartition("|")[2].strip().partition(".")[0] for line in told.splitlines()}
    assert "argparse" in names
    return names


def test_an_output_that_is_full_is_told_in_a_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "agentcore_auth", "stacks", "--all"],
            cwd=PROJECT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (2, "stacks: No space left on device\n")


def test_a_folder_that_is_gone_is_told_in_a_line(
    tokens: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    answer = tokens("stacks", "--all")
    assert (answer.code, answer.err) == (2, "stacks: the current folder: No such file or directory\n")


@pytest.mark.parametrize("command", ["get", "verify", "env", "call"])
@pytest.mark.parametrize("outputs", [b"", b"garbage {", b"[]", b"null", b"\0\xff", b"[" * 100_000], ids=range(6))
def test_outputs_that_are_none_are_told_in_a_line(
    tokens: Command, tmp_path: Path, command: str, outputs: bytes
) -> None:
    file = tmp_path / "outputs.json"
    file.write_bytes(outputs)
    answer = tokens(command, "--outputs", str(file))
    assert answer.code in {2, 3}
    assert answer.err.startswith(f"{command}: {file} ")
    assert len(answer.err.splitlines()) <= 2
