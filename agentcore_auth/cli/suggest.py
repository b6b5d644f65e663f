"""`suggest`: the authorizers that fit a token, tightest first, as JSON and as a part to add to the stack configuration.

A stack has its list of identity providers already: what is printed replaces none, in whole or in part.

The claims are taken as they are: nothing is verified here, so `check` comes after the gateway has its authorizer.
"""

from __future__ import annotations

import argparse
import json
import re

from agentcore_auth.authorizer.fitting import PROJECT, fitting
from agentcore_auth.authorizer.jws import check_header, cleaned, parse
from agentcore_auth.authorizer.model import Authorizer
from agentcore_auth.cli.terminal import ACCEPTED, WRONG_USE, CommandError, out, pretty, print_json, read_token


def run(options: argparse.Namespace) -> int:
    name: str = options.name
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) or name in {"cognito", "auth0", "okta", "iam"}:
        raise CommandError(
            "--name takes lower-case letters, digits and single hyphens, and is none of cognito, auth0, okta, iam",
            WRONG_USE,
        )
    parts = parse(cleaned(read_token(options))[0])
    check_header(parts.header)  # an authorizer that fits would be of no use: no gateway takes the token
    authorizers = fitting(parts.claims)
    if options.json:
        print_json(
            {
                "authorizers": [
                    {
                        "authorizer": authorizer.to_api(),
                        "configuration": {f"{PROJECT}:oidc": {name: authorizer.to_stack_file()}},
                        "addToIdentityProviders": name,
                    }
                    for authorizer in authorizers
                ]
            }
        )
        return ACCEPTED
    for number, authorizer in enumerate(authorizers, 1):
        tightest = ", the tightest" if number == 1 else ""
        out(f"{number}. by {_lists(authorizer)}{tightest}")
        out(pretty({"customJWTAuthorizer": authorizer.to_api()}))
        out(f"stack configuration:\n{as_yaml(authorizer, name)}")
    return ACCEPTED


def as_yaml(authorizer: Authorizer[str], name: str) -> str:
    """Lines to paste into Pulumi.<stack>.yaml below `oidc`; values are written as JSON, which YAML understands."""
    entry = "".join(f"      {key}: {json.dumps(value)}\n" for key, value in authorizer.to_stack_file().items())
    return (
        f"    # add {name} to identityProviders ({PROJECT}:identityProviders)\n"
        f"    # and this below {PROJECT}:oidc, beside what is there:\n"
        f"    {name}:\n{entry}"
    )


def _lists(authorizer: Authorizer[str]) -> str:
    names = {
        "audience": authorizer.allowed_audience,
        "client": authorizer.allowed_clients or authorizer.custom_claims,
        "scopes": authorizer.allowed_scopes,
    }
    return ", ".join(name for name, values in names.items() if values)
