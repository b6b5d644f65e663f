"""How the gateway sends what an OpenAPI description asks for."""

from __future__ import annotations

import asyncio

import httpx2

from agentcore_auth.documents.http import HttpRequest
from sandbox.gateway.http_target import answered


def test_a_form_with_parts_is_sent_as_one() -> None:
    sent: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(200, json={"stored": True})

    client = httpx2.AsyncClient(transport=httpx2.MockTransport(answer))
    request = HttpRequest("POST", "/upload", {}, None, {"name": "a text"})
    assert asyncio.run(answered(client, "https://orders.example.com", request)).structured == {"stored": True}
    [upload] = sent
    assert upload.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="name"\r\n\r\na text\r\n' in upload.content
