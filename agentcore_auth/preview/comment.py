"""The comment on a pull request: the report on top, Pulumi's own account of the change folded away below."""

from __future__ import annotations

import re

# GitHub takes 65,536 characters in a comment.
LONGEST = 65_000
_CUT = "\n… cut off here; the whole of it is in the job's log\n"


def comment(stack: str, report: str, difference: str) -> str:
    """The comment's text. Its first line marks it as this stack's, so that the next run finds and edits it."""
    head = f"{marker(stack)}\n{_shortened(report, LONGEST - 1_000)}\n"
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", difference)), default=0))
    before = f"<details><summary>What Pulumi changes</summary>\n\n{fence}diff\n"
    after = f"\n{fence}\n\n</details>\n"
    return head + before + _shortened(difference, LONGEST - len(head) - len(before) - len(after)) + after


def marker(stack: str) -> str:
    """A line that no reader sees, and that is different for each stack."""
    return f"<!-- preview of stack {stack} -->"


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - len(_CUT)].rpartition("\n")[0] + _CUT
