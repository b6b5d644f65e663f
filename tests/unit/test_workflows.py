"""GitHub's workflows: their form, what they are permitted, and that their scripts do what they say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.stored_previews import stored

PROJECT = Path(__file__).parents[2]
GITHUB = PROJECT / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
ACTIONS = sorted((GITHUB / "actions").glob("*/action.yml"))
TOOLS = Path(sys.executable).parent


def workflow(name: str) -> dict[str, Any]:
    # YAML 1.1 reads the key `on` as a truth value; GitHub does not.
    document: dict[Any, Any] = yaml.safe_load((GITHUB / "workflows" / f"{name}.yml").read_text())
    return {"on" if key is True else str(key): value for key, value in document.items()}


def jobs(name: str) -> dict[str, dict[str, Any]]:
    return workflow(name)["jobs"]


def steps() -> list[tuple[str, dict[str, Any]]]:
    found = [(path.stem, step) for path in WORKFLOWS for job in jobs(path.stem).values() for step in job["steps"]]
    return found + [
        (path.parent.name, step) for path in ACTIONS for step in yaml.safe_load(path.read_text())["runs"]["steps"]
    ]


def zizmor(path: Path) -> int:
    command = [TOOLS / "zizmor", "--offline", "--no-progress", "--quiet", path]
    return subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


def schema_check(schema: str, *paths: Path) -> int:
    command = [TOOLS / "check-jsonschema", "--quiet", "--builtin-schema", f"vendor.{schema}", *paths]
    return subprocess.run(command, check=False).returncode


def test_zizmor_finds_nothing() -> None:
    assert zizmor(GITHUB) == 0


def test_zizmor_finds_an_action_that_is_not_pinned(tmp_path: Path) -> None:
    text = (GITHUB / "workflows" / "test.yml").read_text()
    unpinned = tmp_path / "test.yml"
    unpinned.write_text(re.sub(r"actions/checkout@\S+", "actions/checkout@v7", text))
    assert zizmor(unpinned) != 0


def test_workflows_and_actions_have_the_form_that_github_reads() -> None:
    assert schema_check("github-workflows", *WORKFLOWS) == 0
    assert schema_check("github-actions", *ACTIONS) == 0


def test_the_schema_check_finds_a_key_that_github_does_not_know(tmp_path: Path) -> None:
    wrong = tmp_path / "test.yml"
    wrong.write_text((GITHUB / "workflows" / "test.yml").read_text().replace("timeout-minutes", "timeout-hours"))
    assert schema_check("github-workflows", wrong) != 0


def test_actions_are_pinned_by_commit_and_say_which_version_that_is() -> None:
    for path in [*WORKFLOWS, *ACTIONS]:
        for line in path.read_text().splitlines():
            if "uses: " in line and "uses: $/" not in line:
                assert re.search(r"uses: [\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


def test_one_commit_stands_for_each_action() -> None:
    pins: dict[str, set[str]] = {}
    for _, step in steps():
        action, at, commit = str(step.get("uses", "")).partition("@")
        if at:
            pins.setdefault(action, set()).add(commit)
    assert {action: len(commits) for action, commits in pins.items()} == dict.fromkeys(pins, 1)


# Each row: a workflow's job, and all that its token may do.
PERMISSIONS: list[tuple[str, str, dict[str, str]]] = [
    ("preview", "stacks", {"contents": "read"}),
    ("preview", "preview", {"contents": "read", "id-token": "write"}),
    ("preview", "comment", {"pull-requests": "write"}),
    ("deploy", "stacks", {"contents": "read"}),
    ("deploy", "up", {"contents": "read", "id-token": "write"}),
    ("drift", "stacks", {"contents": "read"}),
    ("drift", "compare", {"contents": "read", "id-token": "write"}),
    ("test", "test", {"contents": "read"}),
]


@pytest.mark.parametrize(("name", "job", "permissions"), PERMISSIONS)
def test_a_job_is_permitted_what_it_needs(name: str, job: str, permissions: dict[str, str]) -> None:
    assert workflow(name)["permissions"] == {}
    assert jobs(name)[job]["permissions"] == permissions


def test_every_job_is_in_the_table_of_permissions() -> None:
    assert {(path.stem, job) for path in WORKFLOWS for job in jobs(path.stem)} == {row[:2] for row in PERMISSIONS}


def test_every_job_ends_some_time() -> None:
    assert all("timeout-minutes" in job for path in WORKFLOWS for job in jobs(path.stem).values())


def test_no_checkout_leaves_a_credential_behind() -> None:
    found = [step["with"]["persist-credentials"] for _, step in steps() if "actions/checkout" in step.get("uses", "")]
    assert found
    assert not any(found)


def test_a_pull_request_from_a_fork_gets_no_secrets_and_runs_nothing_that_has_them() -> None:
    assert set(workflow("preview")["on"]) == {"pull_request", "workflow_call"}
    same = "github.event.pull_request.head.repo.full_name == github.repository"
    assert jobs("preview")["stacks"]["if"] == same
    assert jobs("preview")["preview"]["needs"] == "stacks"
    assert jobs("preview")["comment"]["needs"] == "preview"
    assert "secrets." not in (GITHUB / "workflows" / "test.yml").read_text()


@pytest.mark.parametrize("name", ["preview", "drift"])
def test_a_pull_requests_code_gets_credentials_of_its_own(name: str) -> None:
    secrets = set(re.findall(r"secrets[.\[]\s*'?(\w+)", (GITHUB / "workflows" / f"{name}.yml").read_text()))
    okta = {f"PREVIEW_OKTA_API_{name}" for name in ("TOKEN", "CLIENT_ID", "PRIVATE_KEY", "PRIVATE_KEY_ID")}
    assert secrets == {"PREVIEW_AUTH0_CLIENT_ID", "PREVIEW_AUTH0_CLIENT_SECRET", *okta}


def test_the_comment_is_written_by_a_job_that_has_none_of_the_pull_requests_code() -> None:
    found = jobs("preview")["comment"]["steps"]
    assert [step["uses"].partition("@")[0] for step in found if "uses" in step] == ["actions/download-artifact"]
    assert not any("python" in step.get("run", "") for step in found)


def test_a_new_preview_ends_the_one_before_and_a_deployment_is_never_ended() -> None:
    assert workflow("preview")["concurrency"] == {
        "group": "preview-${{ github.event.pull_request.number }}",
        "cancel-in-progress": True,
    }
    assert jobs("deploy")["up"]["concurrency"] == {"group": "deploy-${{ matrix.stack }}", "cancel-in-progress": False}
    assert "concurrency" not in workflow("deploy")


def test_a_deployment_asks_for_the_approval_of_its_environment() -> None:
    assert workflow("deploy")["on"]["push"] == {"branches": ["main"]}
    assert jobs("deploy")["up"]["environment"] == "${{ matrix.stack }}"


def test_the_drift_check_looks_once_a_day_and_changes_nothing() -> None:
    (schedule,) = workflow("drift")["on"]["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* \*", schedule["cron"])
    (run,) = [step["run"] for step in jobs("drift")["compare"]["steps"] if "pulumi" in step.get("run", "")]
    assert run.split()[:2] == ["pulumi", "preview"]
    assert {"--refresh", "--expect-no-changes"} <= set(run.split())


def test_no_expression_stands_in_a_script() -> None:
    assert not [step["run"] for _, step in steps() if "${{" in step.get("run", "")]


class Machine:
    """Runs a workflow's script where `pulumi` and `gh` are programs of the test's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "bin").mkdir()
        self.environment = {
            **os.environ,
            "PATH": f"{folder / 'bin'}:{TOOLS}:{os.environ['PATH']}",
            "PYTHONPATH": str(PROJECT),
        }

    def program(self, name: str, text: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(f"#!{sys.executable}\n{text}")
        path.chmod(0o755)

    def run(self, *command: str | Path, folder: Path = PROJECT, **environment: str) -> int:
        return subprocess.run(
            command, cwd=folder, env={**self.environment, **environment}, check=False, stderr=subprocess.PIPE
        ).returncode


PULUMI = """
import pathlib, sys
folder = pathlib.Path(__file__).parents[1]
assert sys.argv[1:5] == ["preview", "--stack", "dev", "--non-interactive"], sys.argv
if "--json" in sys.argv:
    print((folder / "stored.json").read_text())
else:
    assert sys.argv[sys.argv.index("--policy-pack") + 1] == "policy"
    print("~ a difference")
    sys.exit(int((folder / "policies.txt").read_text()))
"""


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


# Each row: the change, how the policies end, the gates, whether the job fails, and what the comment says.
RUNS: list[tuple[str, int, str, bool, str]] = [
    ("unchanged", 0, "", False, "Stack `dev`: this change concerns no caller"),
    ("scope-renamed", 0, "", False, "**1 caller needs a new token.**"),
    ("scope-renamed", 0, "lockout", True, "**1 caller needs a new token.**"),
    ("scope-renamed", 0, "replace,widen", False, "**1 caller needs a new token.**"),
    ("unchanged", 1, "", True, "Stack `dev`: this change concerns no caller"),
    ("failed", 1, "", True, "the preview failed, so it says nothing of the callers: error: no way"),
    ("empty", 1, "", True, "the preview is empty"),
]


@pytest.mark.parametrize(("change", "policies", "gates", "fails", "says"), RUNS)
def test_the_preview_script_writes_a_comment_whatever_happens(
    machine: Machine, change: str, policies: int, gates: str, fails: bool, says: str
) -> None:
    failed = {**stored(), "diagnostics": [{"severity": "error", "message": "error: no way"}]}
    texts = {"failed": json.dumps(failed), "empty": ""}
    (machine.folder / "stored.json").write_text(texts[change] if change in texts else json.dumps(stored(change)))
    (machine.folder / "policies.txt").write_text(str(policies))
    machine.program("pulumi", PULUMI)
    status = machine.run(GITHUB / "scripts" / "preview.sh", "dev", machine.folder, FAIL_ON=gates)
    comment = (machine.folder / "comment.md").read_text()
    assert (status != 0) is fails
    assert comment.startswith("<!-- preview of stack dev -->\n")
    assert says in comment
    assert "```diff\n~ a difference\n" in comment


GH = """
import json, os, pathlib, sys
folder = pathlib.Path(__file__).parents[1]
comments = json.loads((folder / "comments.json").read_text())
method = sys.argv[sys.argv.index("--method") + 1] if "--method" in sys.argv else "GET"
path = next(word for word in sys.argv if word.startswith("repos/"))
if method == "GET":
    assert path == "repos/acme/gateways/issues/7/comments"
    for number, (author, body) in comments.items():
        if author == "github-actions[bot]" and body.startswith(os.environ["MARKER"]):
            print(number)
else:
    body = pathlib.Path(sys.argv[sys.argv.index("--field") + 1].removeprefix("body=@")).read_text()
    number = path.rpartition("/")[2] if method == "PATCH" else str(len(comments) + 1)
    assert path == "repos/acme/gateways/issues/" + {"PATCH": "comments/" + number, "POST": "7/comments"}[method]
    comments[number] = ["github-actions[bot]", body]
    (folder / "comments.json").write_text(json.dumps(comments))
"""


def test_each_stack_has_one_comment_which_is_edited_in_place(machine: Machine) -> None:
    script = next(step["run"] for step in jobs("preview")["comment"]["steps"] if "run" in step)
    machine.program("gh", GH)
    people = {"1": ["ann", "<!-- preview of stack dev --> is what I would write"]}
    (machine.folder / "comments.json").write_text(json.dumps(people))

    def comment(**reports: str) -> dict[str, list[str]]:
        for stack, report in reports.items():
            folder = machine.folder / "comments" / f"comment-{stack}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "comment.md").write_text(f"<!-- preview of stack {stack} -->\n{report}\n")
        options = ["--noprofile", "--norc", "-eo", "pipefail", "-c"]
        assert machine.run("bash", *options, script, folder=machine.folder, REPOSITORY="acme/gateways", NUMBER="7") == 0
        return json.loads((machine.folder / "comments.json").read_text())

    first = comment(dev="first", production="first")
    assert [body.split()[-1] for _, body in first.values()] == ["write", "first", "first"]
    second = comment(dev="second")
    assert second["1"] == people["1"]
    assert sorted(body.split()[-1] for _, body in list(second.values())[1:]) == ["first", "second"]


def test_a_pull_requests_text_takes_the_place_of_no_other_comment(machine: Machine) -> None:
    script = next(step["run"] for step in jobs("preview")["comment"]["steps"] if "run" in step)
    machine.program("gh", GH)
    comments = {
        "1": ["github-actions[bot]", "a report of another workflow"],
        "2": ["github-actions[bot]", "<!-- preview of stack production -->\nof production"],
    }
    (machine.folder / "comments.json").write_text(json.dumps(comments))
    (machine.folder / "secret").write_text("not for a comment")

    def artifact(name: str, text: str) -> Path:
        folder = machine.folder / "comments" / name
        folder.mkdir(parents=True)
        (folder / "comment.md").write_text(text)
        return folder / "comment.md"

    artifact(
        "comment-dev", "<!-- preview of stack production -->\n<!-- preview of stack production -->\n" + "é" * 90_000
    )
    artifact("comment-empty", "\nno first line")
    artifact("comment-a b", "a name that no stack has")
    artifact("other", "no comment")
    linked = artifact("comment-link", "")
    linked.unlink()
    linked.symlink_to(machine.folder / "secret")
    options = ["--noprofile", "--norc", "-eo", "pipefail", "-c"]
    assert machine.run("bash", *options, script, folder=machine.folder, REPOSITORY="acme/gateways", NUMBER="7") == 0
    written = json.loads((machine.folder / "comments.json").read_text())
    assert {number: written.pop(number) for number in comments} == comments
    dev, empty = (body for _, body in written.values())
    assert dev.startswith("<!-- preview of stack dev -->\n<!-- preview of stack production -->\né")
    assert 60_000 < len(dev) < 65_536
    assert empty == "<!-- preview of stack empty -->\nno first line\n"


def test_without_a_preview_there_is_nothing_to_say(machine: Machine) -> None:
    script = next(step["run"] for step in jobs("preview")["comment"]["steps"] if "run" in step)
    machine.program("gh", "raise SystemExit(1)")
    assert machine.run("bash", "-eo", "pipefail", "-c", script, folder=machine.folder) == 0


def test_the_program_is_laid_around_a_teams_stack_files(tmp_path: Path) -> None:
    program, team = tmp_path / "program", tmp_path / "team"
    action = program / ".github/actions/program"
    action.mkdir(parents=True)
    team.mkdir()
    for name in ("__main__.py", "Pulumi.yaml", "Pulumi.dev.yaml", ".gitignore"):
        (program / name).write_text("the program's")
    for name in ("Pulumi.production.yaml", "Pulumi.yaml"):
        (team / name).write_text("the team's")
    script = yaml.safe_load((GITHUB / "actions/program/action.yml").read_text())["runs"]["steps"][0]["run"]
    environment = {"GITHUB_ACTION_PATH": str(action), "GITHUB_WORKSPACE": str(team), "PATH": os.environ["PATH"]}
    subprocess.run(["/bin/bash", "-euc", script], env=environment, check=True)
    assert {path.name: path.read_text() for path in team.iterdir()} == {
        "__main__.py": "the program's",
        "Pulumi.yaml": "the team's",
        "Pulumi.production.yaml": "the team's",
    }


def test_what_deploys_can_be_called_from_other_repositories() -> None:
    for name in ("preview", "deploy", "drift"):
        called = workflow(name)["on"]["workflow_call"]
        used = set(re.findall(r"secrets\.([A-Z0-9_]+)", (GITHUB / "workflows" / f"{name}.yml").read_text()))
        assert set(called["secrets"]) == used
