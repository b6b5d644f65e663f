"""IAM documents of a stack, as plain dictionaries: pure, out of plain arguments.

`statements` has the building blocks, `execution` the execution role, `vault` the credentials that targets show, `keys`
a KMS key of one's own, `upkeep` what targets take of whoever sets them up, `callers` the caller policy, `deployment`
what deploying asks for, `owners` commands for the owners of what exists, `pipeline` the roles of GitHub's workflows,
`reference` what AWS's service authorization reference says of actions, `least_privilege` how far a pattern may reach.
"""

from agentcore_auth.iam.callers import caller_policy
from agentcore_auth.iam.deployment import FUNCTION_POLICY_ACTIONS, LOG_GROUP_ACTIONS, ROLE_ACTIONS
from agentcore_auth.iam.execution import (
    FunctionCall,
    Permission,
    PolicyEvaluation,
    ServiceCalls,
    cross_account_sid,
    cross_account_statement,
    execution_role_arn,
    execution_role_name,
    execution_statements,
    trust_policy,
)
from agentcore_auth.iam.keys import KeyUse, key_policy_statements
from agentcore_auth.iam.owners import key_owners_command, role_owners_command, sid_ending
from agentcore_auth.iam.reference import takes_no_resource
from agentcore_auth.iam.statements import (
    ID_SUFFIX,
    LOG_GROUPS,
    SERVICE,
    AwsScope,
    Document,
    Statement,
    account_of,
    allow,
    distinct,
    document,
    global_arn,
    merged,
    partition_of,
    pass_role,
    policy_engine_name,
    prefixed,
    region_of,
    regional_arn,
)
from agentcore_auth.iam.upkeep import ToolDocument, Upkeep
from agentcore_auth.iam.vault import (
    API_KEY,
    OAUTH,
    CredentialKind,
    CredentialUse,
    existing_credential,
    expected_credential,
    secret_arn_of,
)

__all__ = [
    "API_KEY",
    "FUNCTION_POLICY_ACTIONS",
    "ID_SUFFIX",
    "LOG_GROUPS",
    "LOG_GROUP_ACTIONS",
    "OAUTH",
    "ROLE_ACTIONS",
    "SERVICE",
    "AwsScope",
    "CredentialKind",
    "CredentialUse",
    "Document",
    "FunctionCall",
    "KeyUse",
    "Permission",
    "PolicyEvaluation",
    "ServiceCalls",
    "Statement",
    "ToolDocument",
    "Upkeep",
    "account_of",
    "allow",
    "caller_policy",
    "cross_account_sid",
    "cross_account_statement",
    "distinct",
    "document",
    "execution_role_arn",
    "execution_role_name",
    "execution_statements",
    "existing_credential",
    "expected_credential",
    "global_arn",
    "key_owners_command",
    "key_policy_statements",
    "merged",
    "partition_of",
    "pass_role",
    "policy_engine_name",
    "prefixed",
    "region_of",
    "regional_arn",
    "role_owners_command",
    "secret_arn_of",
    "sid_ending",
    "takes_no_resource",
    "trust_policy",
]
