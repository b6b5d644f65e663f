"""A token for a client of a stack, or of a `.env` file: from the cache, or asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from agentcore_auth.authorizer.causes import Cause, TokenError
from agentcore_auth.authorizer.jws import parse
from agentcore_auth.authorizer.rules import seconds_of
from agentcore_auth.outputs import MASKED, Client, OutputsError, Provider, masked
from agentcore_auth.tokens.cache import LONGEST_MARGIN, TokenCache
from agentcore_auth.tokens.client import Credentials, request_token
from agentcore_auth.tokens.secrets_manager import read_secret

DEFAULT_LIFETIME = 300.0
"""Seconds, where neither the token endpoint nor the token says: Cognito's shortest."""


@dataclass(frozen=True)
class Obtained:
    """A token, the seconds that it is still valid for, and whether it is from the cache."""

    token: str
    expires_in: float
    cached: bool


def credentials_of(provider: Provider[str], client: Client[str], scopes: Sequence[str] = ()) -> Credentials:
    """The token request of a stack's client, for its own scopes unless others are named. Raises OutputsError."""
    if provider.token_endpoint is None:
        raise OutputsError(f"{provider.name} has no token endpoint in the stack's outputs")
    secret = client.secret
    if secret is None:
        if client.secret_arn is None:
            raise OutputsError(f"{provider.name}'s client {client.name} has no secret in the stack's outputs")
        secret = read_secret(client.secret_arn)
    if secret == MASKED:
        raise masked(f"the secret of {provider.name}'s client {client.name}")
    scope = " ".join(scopes or client.scopes) or None
    return Credentials(provider.token_endpoint, client.client_id, secret, scope, provider.audience)


def get_token(credentials: Credentials, cache: TokenCache | None) -> Obtained:
    """A token that is valid for a while still. Raises agentcore_auth.tokens.client.TokenRequestError."""
    request = credentials
    path = None
    if cache is not None:
        path = cache.path(
            request.token_endpoint, request.client_id, request.client_secret, request.scope, request.audience
        )
        kept = cache.load(path, time.time())
        if kept is not None:
            return Obtained(kept.access_token, kept.expires_at - time.time(), cached=True)
    response = request_token(
        request.token_endpoint,
        request.client_id,
        request.client_secret,
        scope=request.scope,
        audience=request.audience,
    )
    now = time.time()
    # Whoever says less is right: an endpoint may promise more than the token holds.
    stated = (response.expires_in, _lifetime_in(response.access_token, now))
    lifetime = min((seconds for seconds in stated if seconds), default=DEFAULT_LIFETIME)
    if cache is not None and path is not None:
        cache.store(path, response.access_token, lifetime, now)
    return Obtained(response.access_token, lifetime, cached=False)


class RenewedToken:
    """A token for as long as somebody wants one: it is replaced shortly before it ends, or when it is refused."""

    def __init__(self, credentials: Credentials, cache: TokenCache | None) -> None:
        self._credentials = credentials
        self._cache = cache
        self._token = ""
        self._until = 0.0

    def value(self) -> str:
        """A token that can be used now. Raises agentcore_auth.tokens.client.TokenRequestError."""
        if time.monotonic() >= self._until:
            self._keep(get_token(self._credentials, self._cache))
        return self._token

    def another(self) -> str:
        """A new token, whatever the present one says of itself. Raises as `value` does."""
        self._keep(get_token(self._credentials, None))
        return self._token

    def _keep(self, obtained: Obtained) -> None:
        self._token = obtained.token
        self._until = time.monotonic() + obtained.expires_in - min(LONGEST_MARGIN, obtained.expires_in / 10)


def get_token_patiently(
    credentials: Credentials, cache: TokenCache | None, patience: float, progress: Callable[[str], object]
) -> Obtained:
    """As get_token, but an endpoint that cannot be reached is tried again for `patience` seconds: a new Cognito domain
    takes up to a minute to answer. `progress` is told of every try in vain.
    """
    until = time.monotonic() + patience
    while True:
        try:
            return get_token(credentials, cache)
        except TokenError as error:
            if error.cause is not Cause.UNREACHABLE or time.monotonic() >= until:
                raise
            left = until - time.monotonic()
            progress(f"waiting for {urlsplit(credentials.token_endpoint).netloc}, {left:.0f} seconds more at most")
        time.sleep(min(3.0, max(0.0, until - time.monotonic())))


def _lifetime_in(token: str, now: float) -> float | None:
    try:
        expiry = seconds_of(parse(token).claims, "exp")
    except TokenError:
        return None
    return expiry - now if expiry is not None and expiry > now else None
