"""What a kind of target has to say for itself; a subclass in a file of its own does, and the registry lists it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, TypeAlias, TypeVar, cast

from pydantic import Field

from agentcore_auth import iam
from agentcore_auth.documents.reading import Tool
from configuration import forms
from configuration.context import CheckContext
from configuration.mistakes import Mistake
from configuration.section import Section

if TYPE_CHECKING:
    import pulumi
    import pulumi_aws as aws

    McpArguments: TypeAlias = aws.bedrock.AgentcoreGatewayTargetTargetConfigurationMcpArgsDict
    DocumentArguments: TypeAlias = aws.bedrock.AgentcoreGatewayTargetTargetConfigurationMcpOpenApiSchemaArgsDict
    CredentialArguments: TypeAlias = aws.bedrock.AgentcoreGatewayTargetCredentialProviderConfigurationArgsDict
    MetadataArguments: TypeAlias = aws.bedrock.AgentcoreGatewayTargetMetadataConfigurationArgsDict
    PrivateEndpointArguments: TypeAlias = aws.bedrock.AgentcoreGatewayTargetPrivateEndpointArgsDict
    Permissions: TypeAlias = Sequence[pulumi.Input[iam.Permission]]

_Shared = TypeVar("_Shared")


@dataclass(frozen=True)
class TargetArguments:
    """One target as a gateway gets it.

    `tools` says where the target's tools are and what describes them; `credentials` what calls of them show (None:
    nothing); `permissions` what the execution role has to be allowed for that; `providers` whose gateways get it (None:
    all).
    """

    name: str
    tools: McpArguments
    credentials: CredentialArguments | None
    permissions: Permissions = ()
    description: str | None = None
    providers: Sequence[str] | None = None
    metadata: MetadataArguments | None = None
    private_endpoint: PrivateEndpointArguments | None = None


@dataclass(frozen=True)
class LocalDocument:
    """A document that describes tools and does not lie in S3.

    `key` is where the stack file has it; `text` is the document itself where that is inline, and None where `source` is
    a path; `check` raises DocumentError.
    """

    key: str
    source: str
    check: Callable[[str, str], object]
    text: str | None = None


@dataclass(frozen=True)
class TargetContext:
    """What a target may need of the stack when it is set up.

    `name` is the name that all gateways of the stack begin with; `documents` has the text of every local document by
    its target's name; `secret` finds the secret of that key; what a target creates becomes a child of `parent`.
    """

    name: str
    scope: iam.AwsScope
    tags: Mapping[str, str]
    documents: Mapping[str, str]
    secret: Callable[[str], pulumi.Output[str]]
    parent: pulumi.Resource
    _shared: dict[object, object] = field(default_factory=dict[object, object])

    def child(self) -> pulumi.ResourceOptions:
        """Options for what a target creates."""
        import pulumi  # noqa: PLC0415 - sections are read without Pulumi

        return pulumi.ResourceOptions(parent=self.parent)

    def shared(self, make: Callable[[TargetContext], _Shared]) -> _Shared:
        """What all targets of a kind have in common: made by the first that asks."""
        if make not in self._shared:
            self._shared[make] = make(self)
        return cast("_Shared", self._shared[make])


class Target(Section, frozen=True):
    """A target's section of the stack file, and what follows from it: checks, permissions and arguments.

    Importing a kind imports no Pulumi; only `arguments` does.
    """

    type: str
    name: forms.TargetName
    description: forms.Description | None = Field(default=None, description="1 to 200 characters.")
    providers: Annotated[tuple[str, ...], Field(min_length=1), forms.DISTINCT] | None = Field(
        default=None, description="The identity providers whose gateways offer this target; all by default."
    )
    pass_headers: forms.HeaderNames | None = Field(
        default=None, description="Headers of the caller's request that the tool gets to see, up to 10."
    )

    @property
    def synchronized(self) -> bool:
        """Whether AgentCore asks for the target's tools as it is created, with the rights of whoever creates it."""
        return False

    def offered(self, context: TargetContext) -> TargetArguments:
        """The target as a gateway gets it: what its kind makes of it, and what all kinds have in common."""
        return self.completed(self.arguments(context))

    def completed(self, made: TargetArguments) -> TargetArguments:
        """What the kind made, with what all kinds have in common."""
        return replace(
            made,
            description=self.description,
            providers=self.providers,
            metadata={"allowed_request_headers": list(self.pass_headers)} if self.pass_headers else None,
        )

    def local_documents(self) -> Iterable[LocalDocument]:
        """The documents that are part of the stack file, or named there by a path."""
        return ()

    def known_tools(self, documents: Mapping[str, str]) -> Sequence[Tool] | None:
        """The target's tools, as far as they are known before anything is deployed; None: only its server or S3 knows.

        `documents` has the text of every local document by its target's name.
        """
        return None

    def s3_documents(self) -> Sequence[iam.ToolDocument]:
        """The objects in S3 that describe the tools."""
        return ()

    def function_arns(self) -> Sequence[str]:
        """The Lambda functions that the target calls; they may be another account's."""
        return ()

    def secret_references(self) -> Sequence[tuple[str, str]]:
        """The secret keys that the target names: (key of the section that names it, the secret key's name)."""
        return ()

    def mistakes(self, path: str, context: CheckContext) -> Iterator[Mistake]:
        """What is wrong with the section as a whole; `path` is the section's."""
        yield from ()

    def account_mistakes(self, path: str, account: str) -> Iterator[Mistake]:
        """What is wrong with the section in this account, which only the deployment knows."""
        yield from ()

    def caller_statements(self, scope: iam.AwsScope) -> Iterable[iam.Statement]:
        """What creating, changing and synchronizing the target asks of whoever does it: AgentCore acts as they."""
        return ()

    def permissions(self, scope: iam.AwsScope, gateway_name: str) -> Sequence[iam.Permission]:
        """What the execution role has to be allowed, with the ARNs to come as far as their names are known."""
        return ()

    def deployment_statements(self, scope: iam.AwsScope, gateway_name: str) -> Iterable[iam.Statement]:
        """What setting the target up asks of IAM, beyond what gateways and targets always do."""
        return ()

    def policies(self, scope: iam.AwsScope, gateway_name: str) -> Mapping[str, iam.Document]:
        """Title -> IAM document, for what the target sets up itself."""
        return {}

    def arguments(self, context: TargetContext) -> TargetArguments:
        """What the kind makes of its section; creates what only this target needs."""
        raise NotImplementedError


class DocumentedTarget(Target, frozen=True):
    """A target that a document describes, which may lie in S3."""

    bucket_owner: forms.AccountId | None = Field(
        default=None, description="The account of the document's bucket, where it is not the stack's own."
    )

    def s3_uri(self) -> str | None:
        """The document's address, if it lies in S3."""
        raise NotImplementedError

    def s3_documents(self) -> Sequence[iam.ToolDocument]:
        uri = self.s3_uri()
        return (iam.ToolDocument(uri, self.bucket_owner),) if uri else ()

    def mistakes(self, path: str, context: CheckContext) -> Iterator[Mistake]:
        yield from super().mistakes(path, context)
        if self.bucket_owner and not self.s3_uri():
            yield Mistake(f"{path}.bucketOwner", "is for a document in S3 (s3://…), and there is none")

    def document_arguments(self, text: str | None) -> DocumentArguments:
        """The document as a target's arguments name it: by its address in S3, or as the text that was read."""
        uri = self.s3_uri()
        if uri or text is None:
            return {"s3": {"uri": uri, "bucket_owner_account_id": self.bucket_owner}}
        return {"inline_payload": {"payload": text}}


def is_s3(source: str) -> bool:
    """Whether a document lies in S3; it is a path otherwise."""
    return source.startswith("s3://")
