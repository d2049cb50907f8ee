"""What a deployment may do too: make and change what stands. The roles that it makes stay within their boundary."""

from __future__ import annotations

from components.access.moving import guarded
from components.access.scope import Scope, actions
from components.policies import Document, allow, document

_TAGS = "TagResource UntagResource"
_CLUSTERS = actions(
    "ecs",
    "CreateCluster CreateService DeleteCluster DeleteService PutClusterCapacityProviders UntagResource UpdateCluster*",
)
_BALANCING = actions("elasticloadbalancing", "AddTags Create* Delete* Modify* RemoveTags Set*")
_CODEDEPLOY = actions("codedeploy", f"Create* Delete* Update* {_TAGS}")
_FUNCTIONS = actions("lambda", f"AddPermission CreateFunction DeleteFunction RemovePermission UpdateFunction* {_TAGS}")
_LOGS = actions("logs", f"CreateLogGroup DeleteLogGroup DeleteRetentionPolicy PutRetentionPolicy {_TAGS}")
_ALARMS = actions("cloudwatch", f"DeleteAlarms PutMetricAlarm {_TAGS}")
_RULES = actions("events", f"DeleteRule PutRule PutTargets RemoveTargets {_TAGS}")
_SCALING = actions("application-autoscaling", f"DeleteScalingPolicy DeregisterScalableTarget PutScalingPolicy {_TAGS}")
_BUCKET = actions(
    "s3",
    "CreateBucket DeleteBucket DeleteBucketPolicy PutBucket* PutEncryptionConfiguration PutLifecycleConfiguration",
)
_PUSH = actions("ecr", "CompleteLayerUpload InitiateLayerUpload UploadLayerPart")
#: A network's parts are known by no name; the region bounds them, and tags keep other environments' out of it.
_NETWORK = actions(
    "ec2",
    """
    AllocateAddress AssociateRouteTable AttachInternetGateway AuthorizeSecurityGroup* CreateInternetGateway
    CreateNatGateway CreateRoute CreateRouteTable CreateSecurityGroup CreateSubnet CreateTags CreateVpc
    DeleteInternetGateway DeleteNatGateway DeleteNetworkInterface DeleteRoute DeleteRouteTable DeleteSecurityGroup
    DeleteSubnet DeleteTags DeleteVpc DetachInternetGateway DisassociateAddress DisassociateRouteTable
    ModifySecurityGroupRules ModifySubnetAttribute ModifyVpcAttribute ReleaseAddress ReplaceRoute
    ReplaceRouteTableAssociation RevokeSecurityGroup* UpdateSecurityGroupRuleDescriptions*
    """,
)
_ROLES_BOUNDED = actions("iam", "AttachRolePolicy CreateRole PutRolePermissionsBoundary PutRolePolicy")
_ROLES = actions(
    "iam",
    "DeleteRole DeleteRolePolicy DetachRolePolicy TagRole UntagRole UpdateAssumeRolePolicy UpdateRole "
    "UpdateRoleDescription",
)
#: The services whose own roles AWS makes when they are first used.
_LINKED = [
    "ecs.amazonaws.com",
    "ecs.application-autoscaling.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
]


def making(scope: Scope) -> list[Document]:
    """Return the statements that let an environment be made, changed and taken down."""
    return [
        allow(_CLUSTERS, scope.ecs),
        allow(_BALANCING, scope.balancing),
        allow(_CODEDEPLOY, scope.codedeploy),
        allow(_FUNCTIONS, scope.functions),
        allow(_LOGS, [one for group in scope.logs for one in (group, f"{group}:*")]),
        allow(_ALARMS, scope.alarms),
        allow(_RULES, scope.rules),
        allow(_SCALING, scope.targets),
        allow(_BUCKET, [scope.records]),
        allow(["s3:DeleteObjectVersion"], [f"{scope.records}/*"]),
        *([allow(_PUSH, scope.repositories)] if scope.builds else []),
        allow(_NETWORK, ["*"], {"StringEquals": {"aws:RequestedRegion": scope.place.region}}),
        allow(_ROLES_BOUNDED, scope.roles, {"StringEquals": {"iam:PermissionsBoundary": scope.boundary}}),
        allow(_ROLES, scope.roles),
        {
            **allow(["iam:CreateServiceLinkedRole"], ["*"]),
            "Condition": {"StringEquals": {"iam:AWSServiceName": _LINKED}},
        },
    ]


def deploy(scope: Scope) -> Document:
    """Return what the deployment's role may do beside reading and moving."""
    return document([*making(scope), *guarded(scope)])
