"""The sections `gateway`, `executionRole` and `callers`: which mistakes in them are named."""

from __future__ import annotations

from typing import Any

from tests.unit.stack_files import FUNCTION, OTHER_ACCOUNT, OTHER_FUNCTION, ROLE, Bad, assert_named, each_of, loaded


def interceptors(*given: dict[str, Any]) -> dict[str, Any]:
    return {"gateway": {"name": "demo", "interceptors": list(given)}}


BAD: list[Bad] = [
    (
        {"gateway": {"name": "demo", "instructions": "x" * 2049}},
        "gateway.instructions",
        "should have at most 2048 characters",
    ),
    (
        {"gateway": {"name": "demo", "kmsKeyArn": f"arn:aws:kms:eu-west-1:123456789012:key/{'a' * 36}"}},
        "gateway.kmsKeyArn",
        "is a key of eu-west-1, and aws:region is us-west-2",
    ),
    (
        interceptors(*({"functionArn": FUNCTION, "at": [*more, "response"]} for more in (["request"], []))),
        "gateway.interceptors",
        "more than one is at response; a gateway takes one for each point",
    ),
    (interceptors({"functionArn": FUNCTION, "at": []}), "gateway.interceptors[0].at", "empty"),
    (interceptors({"functionArn": FUNCTION, "at": ["requests"]}), "gateway.interceptors[0].at[0]", "request"),
    (
        interceptors({"functionArn": "orders", "at": ["request"]}),
        "gateway.interceptors[0].functionArn",
        "function's ARN",
    ),
    (
        interceptors({"functionArn": FUNCTION.replace("aws", "aws-cn"), "at": ["request"]}),
        "gateway.interceptors[0].functionArn",
        "a function of the partition aws-cn",
    ),
    (
        {
            "crossAccount": {OTHER_ACCOUNT: {"assumeRoleArn": ROLE}},
            **interceptors({"functionArn": f"{OTHER_FUNCTION}:$LATEST", "at": ["request"]}),
        },
        "gateway.interceptors[0].functionArn",
        "ends in :$LATEST",
    ),
    ({"callers": {"attachTo": {"roles": [ROLE]}}}, "callers.attachTo.roles[0]", "no path"),
    ({"callers": {"attachTo": {"users": ["u" * 65]}}}, "callers.attachTo.users[0]", "64 at most"),
    ({"callers": {"attachTo": {"groups": ["g" * 129]}}}, "callers.attachTo.groups[0]", "128 at most"),
    ({"executionRole": {"path": "team"}}, "executionRole.path", "begins and ends with a slash"),
    ({"executionRole": {"arn": ROLE, "path": "/a/"}}, "executionRole.path", "arn names one that exists"),
    (
        {"executionRole": {"arn": ROLE, "permissionsBoundaryArn": "arn:aws:iam::210987654321:policy/b"}},
        "executionRole.permissionsBoundaryArn",
        "arn names one that exists",
    ),
    ({"executionRole": {"arn": "arn:aws:iam::210987654321:role/*"}}, "executionRole.arn", "is not a role's ARN"),
    ({"executionRole": {"path": "/*/"}}, "executionRole.path", "has no *, ? or $"),
    ({"executionRole": {"path": "/a?/"}}, "executionRole.path", "has no *, ? or $"),
    ({"executionRole": {"path": "/${aws:username}/"}}, "executionRole.path", "has no *, ? or $"),
]


@each_of(BAD)
def test_a_mistake_is_named(changes: dict[str, Any], path: str, sentence: str) -> None:
    assert_named(changes, path, sentence)


def test_names_as_long_as_iam_takes_them_are_accepted() -> None:
    loaded({"callers": {"attachTo": {"roles": ["r" * 64], "users": ["a.b@c+d=e,f_g-h"], "groups": ["g" * 128]}}})
