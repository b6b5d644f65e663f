"""An impact as a JSON document, for a program that decides by it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agentcore_auth.preview.access import AccessChange
from agentcore_auth.preview.authorizers import Comparison, Fit, NoToken
from agentcore_auth.preview.document import Hidden, Text
from agentcore_auth.preview.gateways import Gateway
from agentcore_auth.preview.grants import Grant, Widening
from agentcore_auth.preview.impact import GATES, GatewayImpact, Impact
from agentcore_auth.preview.values import Difference
from agentcore_auth.preview.verdicts import Caller


def as_document(impact: Impact, gates: Sequence[str]) -> dict[str, object]:
    """The document of `impact --json`. A value that the preview does not show is null; `gates` are those asked for."""
    return {
        "stack": impact.stack,
        "lockedOut": [{"gateway": name, "caller": caller.name} for name, caller in impact.locked_out],
        "replaced": list(impact.replaced),
        "widened": list(impact.widened),
        "unknown": list(impact.unknown),
        "gates": {gate: not impact.breaches((gate,)) for gate in GATES},
        "passes": not impact.breaches(gates),
        "gateways": [_gateway(gateway) for gateway in impact.gateways],
        "iam": [_widening(widening) for widening in impact.widenings],
    }


def _gateway(gateway: GatewayImpact) -> dict[str, object]:
    return {
        "name": gateway.name,
        "provider": gateway.provider,
        "change": gateway.change.value,
        "noticed": not gateway.is_same,
        "authorizer": {"before": _authorizer(gateway.before), "after": _authorizer(gateway.after)},
        "callers": [_caller(caller) for caller in gateway.callers],
        "loosened": [
            {"list": each.list_name, "added": list(each.added), "instead": each.instead} for each in gateway.loosened
        ],
        "values": _values(gateway.values),
        "targets": [
            {"name": name, "change": change, "values": _values(gateway.target_values(name))}
            for name, change in gateway.targets
        ],
        "access": _access(gateway.access) if gateway.access else None,
        "interceptors": [
            {"function": _shown(each.function), "sees": each.sees.value, "change": change}
            for each, change in gateway.interceptors
        ],
    }


def _access(access: AccessChange) -> dict[str, object]:
    return {
        "policiesDecide": {"before": access.decided, "after": access.decides},
        "callers": [
            {
                "name": each.caller,
                "gains": None if each.is_unknown else list(each.gained),
                "loses": None if each.is_unknown else list(each.lost),
            }
            for each in access.callers
        ],
        "newPolicies": list(access.to_come),
    }


def _authorizer(gateway: Gateway | None) -> dict[str, object] | None:
    if gateway is None:
        return None
    if isinstance(gateway.authorizer, NoToken):
        return {"authorizerType": _shown(gateway.authorizer.type)}
    lists: dict[str, object] = {
        allowed.name: [_shown(value) for value in allowed.values] for allowed in gateway.authorizer.lists
    }
    return {"discoveryUrl": _shown(gateway.authorizer.discovery_url), **lists}


def _caller(caller: Caller) -> dict[str, object]:
    return {
        "name": caller.name,
        "ofThisStack": caller.is_ours,
        "access": caller.access.value,
        "change": caller.change.value,
        "tokensIssuedBefore": _checks(caller.held),
        "tokensIssuedAfterwards": _checks(caller.fresh),
    }


def _checks(checks: Iterable[Comparison] | None) -> list[dict[str, object]] | None:
    if checks is None:
        return None
    fits = {Fit.YES: True, Fit.AT_DEPLOYMENT: True, Fit.UNKNOWN: None, Fit.NO: False}
    return [
        {
            "list": check.allowed.name,
            "claim": check.allowed.claim,
            "fits": fits[check.fit],
            "found": [_shown(value) for value in check.found],
        }
        for check in checks
    ]


def _widening(widening: Widening) -> dict[str, object]:
    return {
        "holder": widening.holder,
        "new": widening.is_new,
        "unknown": widening.is_unknown,
        "grants": [_grant(grant) for grant in widening.grants],
        "lifted": [_grant(grant) for grant in widening.lifted],
        "boundary": widening.boundary and [_shown(each) for each in widening.boundary],
    }


def _grant(grant: Grant) -> dict[str, object]:
    conditions = [list(condition) for condition in sorted(grant.conditions)]
    return {"who": grant.who, "action": grant.action, "resource": grant.resource, "conditions": conditions}


def _values(values: Iterable[Difference]) -> list[dict[str, object]]:
    return [{"path": each.path, "before": each.before, "after": each.after} for each in values]


def _shown(value: Text | None) -> str | None:
    return None if isinstance(value, Hidden) else value
