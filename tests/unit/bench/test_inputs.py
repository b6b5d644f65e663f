"""What the benchmarks measure with: configurations that are valid, and a report that is about every caller."""

from __future__ import annotations

import json

from agentcore_auth.preview.document import read
from agentcore_auth.preview.impact import impact
from agentcore_auth.preview.verdicts import Access
from bench.preview import TARGETS, changed, many
from bench.settings import models, openapi
from tests.unit.pulumi_mocks import deploy
from tests.unit.stored_previews import ISSUERS_GATEWAY, gateway_of, stored


def test_every_gateway_has_its_issuer_and_every_target() -> None:
    recorder = deploy(many(3))
    assert len(recorder.all(":AgentcoreGateway")) == 3
    assert len(recorder.all(":AgentcoreGatewayTarget")) == 3 * TARGETS


def test_the_report_is_about_a_caller_that_loses_and_one_that_gains_access() -> None:
    found = impact(read(changed(json.dumps(stored()))))
    access = {caller.name: caller.access for caller in gateway_of(found, ISSUERS_GATEWAY).callers}
    assert access == {"aaaaaaaa-0000-0000-0000-000000000001": Access.LOSES, "somebody-else": Access.GAINS}


def test_the_documents_are_as_large_as_they_are_said_to_be() -> None:
    assert 900_000 < len(openapi()) < 1_048_576
    texts = models()
    assert sum(text.count('"type": "operation"') for text in texts) == 16_000
    assert max(map(len, texts)) < 1_048_576
