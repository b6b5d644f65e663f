"""Types of configuration values that have a form of their own, and what a person reads when it is missed.

The rules are AWS's (botocore's service models) except where a comment gives another reason.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from agentcore_auth.authorizer.model import CLAIM_NAME, CLAIM_VALUE, OPENID_DISCOVERY_URL, SCOPE, SCOPE_CHARACTERS
from agentcore_auth.placeholders import placeholder_in


def matching(pattern: str, expected: str) -> AfterValidator:
    """A validator that accepts the strings which `pattern` matches in full.

    `expected` completes the sentence "… is not …", and is all that a person gets to read of the pattern.
    """

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):  # compiled when the first value comes: most stacks have few of the forms
            raise PydanticCustomError("form", "{value} is not {expected}", {"value": repr(value), "expected": expected})
        return value

    return AfterValidator(check)


def _without_repetition(values: tuple[str, ...]) -> tuple[str, ...]:
    repeated = sorted({value for value in values if values.count(value) > 1})
    if repeated:
        raise PydanticCustomError("repeated", "{values} stands there more than once", {"values": ", ".join(repeated)})
    return values


def _without_placeholder(url: str) -> str:
    if placeholder := placeholder_in(url):
        kept = {"value": repr(url), "placeholder": placeholder}
        raise PydanticCustomError("form", "{value} still has the placeholder {placeholder} in it", kept)
    return url


def _differing_in_case(names: tuple[str, ...]) -> tuple[str, ...]:
    """Header names are the same in whatever case (RFC 9110 section 5.1)."""
    _without_repetition(tuple(name.lower() for name in names))
    return names


ARN = r"arn:aws(?:-cn|-us-gov)?"

# Lower case, because AWS lower-cases a gateway's id while conditions on ARNs are case-sensitive; single hyphens,
# because the pattern of gateway names allows no others.
Name = Annotated[
    str,
    matching(
        r"[a-z0-9]+(-[a-z0-9]+)*", "a name of lower-case letters, digits and single hyphens, none of them at an end"
    ),
]
TargetName = Annotated[
    str, matching(r"([0-9a-zA-Z]-?){1,100}", "a target name: letters, digits and single hyphens, 100 at most")
]
ClientName = Annotated[
    str,
    matching(r"[a-zA-Z0-9]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?", "a client name: letters, digits, hyphens, underscores"),
]
SecretName = Annotated[
    str,
    matching(r"[A-Za-z][A-Za-z0-9_-]*", "a secret key's name, without the project's name before it"),
]
Description = Annotated[str, matching(r"(?s).{1,200}", "a description of 1 to 200 characters")]
AccountId = Annotated[str, matching(r"[0-9]{12}", "an AWS account id: twelve digits, quoted in YAML")]
REGION = r"[a-z]{2}(-[a-z]+)+-\d"
Region = Annotated[str, matching(REGION, "an AWS region such as us-west-2")]

RoleArn = Annotated[
    str, matching(rf"{ARN}:iam::\d{{12}}:role/[\w+=,.@/-]+", "a role's ARN, arn:aws:iam::<account>:role/<name>")
]
PolicyArn = Annotated[
    str,
    matching(rf"{ARN}:iam::(\d{{12}}|aws):policy/[\w+=,.@/-]+", "a policy's ARN, arn:aws:iam::<account>:policy/<name>"),
]
KmsKeyArn = Annotated[
    str,
    matching(
        rf"{ARN}:kms:[a-zA-Z0-9-]+:\d{{12}}:key/[a-zA-Z0-9-]{{36}}",
        "a KMS key's ARN, arn:aws:kms:<region>:<account>:key/<id>",
    ),
]
TopicArn = Annotated[
    str,
    matching(
        rf"{ARN}:sns:[a-z0-9-]+:\d{{12}}:[a-zA-Z0-9_-]{{1,256}}",
        "an SNS topic's ARN, arn:aws:sns:<region>:<account>:<name>",
    ),
]
FunctionArn = Annotated[
    str,
    matching(
        rf"{ARN}:lambda:[a-z]{{2}}(-gov)?-[a-z]+-\d:\d{{12}}:function:[a-zA-Z0-9_.-]+(:(\$LATEST|[a-zA-Z0-9_-]+))?",
        "a Lambda function's ARN, arn:aws:lambda:<region>:<account>:function:<name>",
    ),
]
CredentialProviderArn = Annotated[
    str,
    matching(
        rf"{ARN}:bedrock-agentcore:[a-z0-9-]+:\d{{12}}:token-vault/[a-zA-Z0-9_-]+/"
        r"(apikeycredentialprovider|oauth2credentialprovider)/[a-zA-Z0-9_-]+",
        "a credential provider's ARN, arn:aws:bedrock-agentcore:<region>:<account>:token-vault/default/<kind>/<name>",
    ),
]
# With the six characters that AWS adds: the role is allowed to read exactly this secret.
SecretArn = Annotated[
    str,
    matching(
        rf"{ARN}:secretsmanager:[a-z0-9-]+:\d{{12}}:secret:[a-zA-Z0-9/_+=.@!-]+-[a-zA-Z0-9]{{6}}",
        "a secret's whole ARN, arn:aws:secretsmanager:<region>:<account>:secret:<name>-<six characters>",
    ),
]
SecretJsonKey = Annotated[str, Field(min_length=1, max_length=128)]
ResourceArn = Annotated[str, matching(rf"{ARN}:[a-z0-9-]+:[^\s:]*:[^\s:]*:\S+|\*", "an ARN, or * with mode: tutorial")]
Action = Annotated[
    str, matching(r"[a-z0-9-]+:[A-Za-z0-9*]+|\*", "an IAM action such as s3:GetObject, or * with mode: tutorial")
]
# Without wildcards and policy variables in the key: the role is allowed to read exactly this object.
_S3_URI = r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/(?:(?!\$\{)[^\s*?])+"
S3Uri = Annotated[str, matching(_S3_URI, "an S3 address, s3://<bucket>/<key>, without *, ? and ${")]
FileOrS3Uri = Annotated[
    str, matching(rf"(?!s3://).+|{_S3_URI}", "a file, or an S3 address, s3://<bucket>/<key>, without *, ? and ${")
]
BucketName = Annotated[
    str, matching(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "a bucket's name, without s3:// and without a path")
]
HttpsUrl = Annotated[str, matching(r"https://[^\s/?#]+[^\s]*", "an address that begins with https://")]
# AWS itself would also take oauth-authorization-server.
DiscoveryUrl = Annotated[
    str,
    matching(
        OPENID_DISCOVERY_URL,
        "a discovery URL, https://<issuer>/.well-known/openid-configuration",
    ),
    AfterValidator(_without_placeholder),
]
# The names that policies are attached to by; paths and ARNs are no part of them.
RoleOrUserName = Annotated[
    str,
    matching(r"[A-Za-z0-9_+=,.@-]{1,64}", "a role's or user's name: letters, digits and _+=,.@- (no path), 64 at most"),
]
GroupName = Annotated[
    str, matching(r"[A-Za-z0-9_+=,.@-]{1,128}", "a group's name: letters, digits and _+=,.@- (no path), 128 at most")
]
# IAM itself takes wildcards and policy variables in a path; in the ARN of a policy they would mean other roles too.
RolePath = Annotated[
    str, matching(r"/([!-#%-)+->@-~]+/)?", "a role path: it begins and ends with a slash, and has no *, ? or $")
]

# What AgentCore does not pass on (developer guide, "gateway-headers"); the AWS plugin refuses the same names.
_RESTRICTED_HEADERS = r"""
(proxy-)?authorization|www-authenticate|(set-)?cookie|x-csrf-token
|accept(-charset|-encoding|-language|-ranges|-ch|-ch-lifetime)?
|content-(type|length|encoding|language|location|range|security-policy(-report-only)?)
|cache-control|etag|expires|if-(match|modified-since|none-match|range|unmodified-since)|last-modified|pragma|vary
|(proxy-)?connection|keep-alive|upgrade|host|user-agent|referer|from|origin|range|transfer-encoding|te|trailer
|server|date|location|link|retry-after|strict-transport-security|x-content-type-options|x-frame-options|x-xss-protection
|(referrer|permissions|feature)-policy|cross-origin-(embedder|opener|resource)-policy
|access-control-(allow-(origin|methods|headers|credentials)|expose-headers|max-age|request-(method|headers))
|clear-site-data|expect-ct|public-key-pins(-report-only)?|dpr|width|viewport-width|downlink|ect|rtt|save-data
|x-forwarded-(for|host|proto)|x-real-ip|x-requested-with|cf-(ray|connecting-ip)|x-amz-cf-id|x-cache|x-served-by
|sec-websocket-(key|accept|version|protocol|extensions)|x-amzn-(?!bedrock-agentcore-runtime-custom-).*
""".replace("\n", "")
HeaderName = Annotated[
    str,
    matching(
        rf"(?i)(?!({_RESTRICTED_HEADERS})\Z)[a-z0-9_-]{{1,100}}",
        "a header that AgentCore passes on: letters, digits, - and _, and none of its own such as Authorization, "
        "Cookie, Content-Type, Host or X-Amzn-…",
    ),
]
HeaderNames = Annotated[tuple[HeaderName, ...], Field(min_length=1, max_length=10), AfterValidator(_differing_in_case)]

Scope = Annotated[
    str,
    matching(
        SCOPE,
        "a scope a gateway can hold: 1 to 255 characters, no space, quote, backslash",
    ),
]
# What the gateway asks an OAuth target's issuer for: AgentCore's limits are narrower there.
TargetScope = Annotated[str, matching(rf"{SCOPE_CHARACTERS}{{1,64}}", "a scope of 1 to 64 characters without space")]
CustomParameters = Annotated[
    dict[
        Annotated[str, Field(min_length=1, max_length=256)],
        Annotated[str, Field(min_length=1, max_length=2048)],
    ],
    Field(min_length=1, max_length=10),
]
OAuthVendor = Literal[
    "CustomOauth2",
    "AtlassianOauth2",
    "Auth0Oauth2",
    "CognitoOauth2",
    "CyberArkOauth2",
    "DropboxOauth2",
    "FacebookOauth2",
    "FusionAuthOauth2",
    "GithubOauth2",
    "GoogleOauth2",
    "HubspotOauth2",
    "LinkedinOauth2",
    "MicrosoftOauth2",
    "NotionOauth2",
    "OktaOauth2",
    "OneLoginOauth2",
    "PingOneOauth2",
    "RedditOauth2",
    "SalesforceOauth2",
    "SlackOauth2",
    "SpotifyOauth2",
    "TwitchOauth2",
    "XOauth2",
    "YandexOauth2",
    "ZoomOauth2",
]
ClaimName = Annotated[
    str,
    matching(
        CLAIM_NAME,
        "a claim name that a gateway can hold: letters, digits and _ . / : only (for client_id: allowedClients)",
    ),
]
ClaimValue = Annotated[
    str,
    matching(CLAIM_VALUE, "a claim value that a gateway can hold: letters, digits and _ . - only"),
]
ClientId = Annotated[str, matching(r"[\x21-\x7E]{1,255}", "a client id: 1 to 255 characters without a space")]
Audience = Annotated[str, matching(r"[\x21-\x7E]{1,600}", "an audience: 1 to 600 characters without a space")]


# Lists with something in them, and nothing twice: an empty list in an authorizer would let nobody in, or everybody.
DISTINCT = AfterValidator(_without_repetition)
Scopes = Annotated[tuple[Scope, ...], Field(min_length=1), DISTINCT]
ClientIds = Annotated[tuple[ClientId, ...], Field(min_length=1), DISTINCT]
Audiences = Annotated[tuple[Audience, ...], Field(min_length=1), DISTINCT]
RoleOrUserNames = Annotated[tuple[RoleOrUserName, ...], DISTINCT]
GroupNames = Annotated[tuple[GroupName, ...], DISTINCT]
