"""`get`: a token by client credentials. Standard output holds the token and nothing else, so that `$(…)` works."""

from __future__ import annotations

import argparse
from dataclasses import replace

from agentcore_auth.authorizer.causes import Cause
from agentcore_auth.cli.connection import credentials_in_env_file
from agentcore_auth.cli.deployed import or_command_error, outputs_of
from agentcore_auth.cli.terminal import ACCEPTED, REFUSED, UNREACHABLE, CommandError, out, print_json, slowly
from agentcore_auth.tokens.cache import TokenCache
from agentcore_auth.tokens.client import Credentials, TokenRequestError
from agentcore_auth.tokens.getting import credentials_of, get_token
from agentcore_auth.tokens.request_remedies import request_remedy

NOT_REACHED = frozenset({Cause.UNREACHABLE, Cause.RATE_LIMITED})


def run(options: argparse.Namespace) -> int:
    credentials = _credentials(options)
    cache = None if options.no_cache else TokenCache()
    try:
        with slowly(f"asking {credentials.token_endpoint} for a token"):
            obtained = get_token(credentials, cache)
    except TokenRequestError as error:
        raise refused(error, credentials) from None
    if options.json:
        print_json(
            {
                "accessToken": obtained.token,
                "expiresIn": int(obtained.expires_in),
                "cached": obtained.cached,
                "tokenEndpoint": credentials.token_endpoint,
                "clientId": credentials.client_id,
                "scope": credentials.scope,
            }
        )
    else:
        out(obtained.token)
    return ACCEPTED


def refused(error: TokenRequestError, credentials: Credentials) -> CommandError:
    """A refused token request as an error with its remedy and exit code."""
    remedy = request_remedy(
        error.cause, credentials.token_endpoint, scope=credentials.scope, audience=credentials.audience
    )
    code = UNREACHABLE if error.cause in NOT_REACHED else REFUSED
    return CommandError(f"{error.cause.value}: {error.message}", code, cause=error.cause, remedy=remedy)


def _credentials(options: argparse.Namespace) -> Credentials:
    scopes = [scope for given in options.scope for scope in given.split()]
    if options.stack or options.outputs:
        with or_command_error():
            provider = outputs_of(options).provider(options.idp)
            return credentials_of(provider, provider.client(options.client), scopes)
    found = credentials_in_env_file(options)
    return replace(found, scope=" ".join(scopes)) if scopes else found
