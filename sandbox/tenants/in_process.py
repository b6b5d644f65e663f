"""HTTP requests to an ASGI app of this process, for callers without an event loop of their own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from starlette.types import ASGIApp


@dataclass(frozen=True)
class Answer:
    """A response: its status, and its JSON body (an empty object where it has none)."""

    status: int
    document: Any


@dataclass(frozen=True)
class InProcessHttp:
    """Requests to one origin (`https://host`), answered by an app instead of over the network."""

    app: ASGIApp
    origin: str

    def request(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        form: Mapping[str, str] | None = None,
        basic: tuple[str, str] | None = None,
    ) -> Answer:
        """Send one request with a JSON body or a form; `path` is taken as it stands, escapes and query included."""
        content = None if body is None else json.dumps(body)

        async def send() -> httpx2.Response:
            transport = httpx2.ASGITransport(self.app)
            async with httpx2.AsyncClient(transport=transport, base_url=self.origin, auth=basic) as client:
                return await client.request(method, path, headers=headers, content=content, data=form)

        response = asyncio.run(send())
        return Answer(response.status_code, response.json() if response.content else {})
