"""The mocks refuse what a plugin would refuse."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pulumi_aws import lambda_
from pulumi_aws.iam import RoleArgs

from tests.unit.sdk_arguments import faults

ROLE = {"assumeRolePolicy": "{}"}


@pytest.mark.parametrize(
    ("inputs", "found"),
    [
        (ROLE, []),
        ({**ROLE, "tags": {"a": "b"}, "maxSessionDuration": 3600.0}, []),
        ({**ROLE, "description": None}, []),
        ({**ROLE, "descripton": "x"}, ["descripton: unknown property"]),
        ({}, [".assumeRolePolicy: is required"]),
        ({**ROLE, "path": 7}, ["path: 7 is no str"]),
        ({**ROLE, "maxSessionDuration": True}, ["maxSessionDuration: True is no int"]),
        ({**ROLE, "tags": ["a"]}, ["tags: ['a'] is no Mapping"]),
        ({**ROLE, "managedPolicyArns": "a"}, ["managedPolicyArns: 'a' is no Sequence"]),
        ({**ROLE, "inlinePolicies": [{"nam": "a"}]}, ["inlinePolicies[0].nam: unknown property"]),
    ],
)
def test_a_role_s_inputs_are_what_the_sdk_declares(inputs: Mapping[str, Any], found: list[str]) -> None:
    assert list(faults(RoleArgs, inputs)) == found


def test_code_is_an_archive() -> None:
    assert list(faults(lambda_.FunctionArgs, {"role": "r", "code": "echo.zip"})) == ["code: 'echo.zip' is no Archive"]
