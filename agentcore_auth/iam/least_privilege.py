"""How far the wildcards of IAM actions and ARNs reach: the rule of the settings and of the policy pack.

IAM user guide, "Resource": `*` and `?` match any characters of a part, slashes and colons in the last part as well.
"""

from __future__ import annotations

import re

# Their ARNs begin with a resource's own name; those of other services with its type, as in `table/orders`.
_WITHOUT_TYPE = {"codecommit", "codepipeline", "execute-api", "sns", "sqs"}
_WILDCARD = re.compile(r"[*?]")


def too_wide(value: str) -> str | None:
    """Why an IAM action or an ARN is wider than least privilege allows; None where it is not.

    An action may have no wildcard at all. An ARN may have some after the beginning of the resource's own name:
    `table/orders-*` and `arn:aws:s3:::bucket/*` are narrow; `table/*`, `t*` and `arn:aws:s3:::*/*` are not.
    """
    if not _WILDCARD.sub("", value):
        return "it matches everything"
    if not value.startswith("arn:"):
        return "a wildcard brings in actions that nobody named" if _WILDCARD.search(value) else None
    _, partition, service, region, account, resource = (value.split(":", 5) + [""] * 5)[:6]
    if _WILDCARD.search(partition + service + region + account):
        return "a wildcard stands for the service, the region or the account"
    if service in _WITHOUT_TYPE or (service == "s3" and not account):
        kind, name = "", resource
    else:
        kind, _, name = resource.lstrip("/").replace(":", "/").partition("/")
    if _WILDCARD.search(kind) or _WILDCARD.match(name.lstrip("/")):
        return "a wildcard stands where the resource's own name begins"
    return None
