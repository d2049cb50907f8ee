"""The AWS types that the program declares, and what no rule can tell about them.

`aws.json` is made from this list: `python -m offline.names aws`.
"""

from __future__ import annotations

from offline.names import AutoName
from offline.names.listed import Listed

SDK = "pulumi_aws"

#: Properties of every resource that repeat a field of the provider's configuration: version 6 let a resource lie in
#: another region than its provider; 5.100 does not.
REPEATED = {"region": "region"}

#: Services whose endpoint only a later version of the provider can be given.
_LATER_ENDPOINTS = """
accountaccess agentregistry arcregionswitch arczonalshift bedrockagentcore bedrockruntime cloudwatchomni devopsagent
directoryservicedata eventbridgev2 interconnect lambdacore lambdamicrovms lambdaweb mailmanager mpa mwaaserverless
networkflowmonitor networksecuritymanager observabilityadmin odb pricingplanmanager rdsdata rdsdataservice
resiliencehubv2 s3files s3vectors savingsplans uxc workmail
"""

PROVIDER = Listed(
    terraform="aws",
    later=("tagPolicyCompliance", "userAgents", *(f"endpoints.{service}" for service in _LATER_ENDPOINTS.split())),
)

RESOURCES: dict[str, Listed] = {
    "aws:appautoscaling/policy:Policy": Listed(
        terraform="aws_appautoscaling_policy",
        autoname=AutoName(longest=256),
        later=("predictiveScalingPolicyConfiguration",),
    ),
    "aws:appautoscaling/target:Target": Listed(terraform="aws_appautoscaling_target"),
    "aws:cloudwatch/eventRule:EventRule": Listed(terraform="aws_cloudwatch_event_rule", autoname=AutoName(longest=64)),
    "aws:cloudwatch/eventTarget:EventTarget": Listed(terraform="aws_cloudwatch_event_target"),
    "aws:cloudwatch/logGroup:LogGroup": Listed(
        terraform="aws_cloudwatch_log_group", autoname=AutoName(longest=512), later=("deletionProtectionEnabled",)
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": Listed(
        terraform="aws_cloudwatch_metric_alarm",
        renamed={"alarm_name": "name"},
        autoname=AutoName(),
        later=("evaluationCriteria", "evaluationInterval", "evaluationWindow", "warmUpConfiguration"),
    ),
    "aws:codedeploy/application:Application": Listed(terraform="aws_codedeploy_app", autoname=AutoName(longest=100)),
    "aws:codedeploy/deploymentConfig:DeploymentConfig": Listed(
        terraform="aws_codedeploy_deployment_config", autoname=AutoName("deploymentConfigName", 100)
    ),
    "aws:codedeploy/deploymentGroup:DeploymentGroup": Listed(terraform="aws_codedeploy_deployment_group"),
    "aws:ec2/eip:Eip": Listed(terraform="aws_eip"),
    "aws:ec2/internetGateway:InternetGateway": Listed(terraform="aws_internet_gateway"),
    "aws:ec2/natGateway:NatGateway": Listed(
        terraform="aws_nat_gateway",
        later=(
            "autoProvisionZones",
            "autoScalingIps",
            "availabilityMode",
            "availabilityZoneAddresses",
            "regionalNatGatewayAddresses",
            "regionalNatGatewayAutoMode",
            "routeTableId",
            "vpcId",
        ),
    ),
    "aws:ec2/route:Route": Listed(terraform="aws_route", delete_first=True, later=("odbNetworkArn",)),
    "aws:ec2/routeTable:RouteTable": Listed(terraform="aws_route_table", later=("routes.odbNetworkArn",)),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Listed(
        terraform="aws_route_table_association", delete_first=True
    ),
    "aws:ec2/securityGroup:SecurityGroup": Listed(terraform="aws_security_group", autoname=AutoName()),
    "aws:ec2/subnet:Subnet": Listed(
        terraform="aws_subnet",
        delete_first=True,
        later=("ipv4IpamPoolId", "ipv4NetmaskLength", "ipv6IpamPoolId", "ipv6NetmaskLength"),
    ),
    "aws:ec2/vpc:Vpc": Listed(terraform="aws_vpc"),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": Listed(terraform="aws_ecr_lifecycle_policy", delete_first=True),
    "aws:ecr/repository:Repository": Listed(
        terraform="aws_ecr_repository",
        autoname=AutoName(longest=256, lower=True),
        later=("imageTagMutabilityExclusionFilters",),
    ),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": Listed(terraform="aws_ecr_repository_policy", delete_first=True),
    "aws:ecs/cluster:Cluster": Listed(terraform="aws_ecs_cluster", autoname=AutoName()),
    "aws:ecs/service:Service": Listed(
        terraform="aws_ecs_service",
        autoname=AutoName(),
        later=(
            "deploymentConfiguration",
            "loadBalancers.advancedConfiguration",
            "serviceConnectConfiguration.accessLogConfiguration",
            "serviceConnectConfiguration.services.clientAlias.testTrafficRules",
            "sigintRollback",
        ),
        copied={"arn": "id"},
    ),
    "aws:ecs/taskDefinition:TaskDefinition": Listed(
        terraform="aws_ecs_task_definition", later=("volumes.s3filesVolumeConfiguration",)
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": Listed(terraform="aws_iam_openid_connect_provider"),
    "aws:iam/policy:Policy": Listed(
        terraform="aws_iam_policy",
        autoname=AutoName(longest=128),
        harmless={"delayAfterPolicyCreationInMs": "it only lengthens a wait"},
    ),
    "aws:iam/role:Role": Listed(terraform="aws_iam_role", autoname=AutoName(longest=64)),
    "aws:iam/rolePolicy:RolePolicy": Listed(terraform="aws_iam_role_policy", autoname=AutoName(longest=128)),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": Listed(terraform="aws_iam_role_policy_attachment"),
    "aws:lambda/function:Function": Listed(
        terraform="aws_lambda_function",
        renamed={"filename": "code", "function_name": "name"},
        autoname=AutoName(longest=64),
        later=(
            "capacityProviderConfig",
            "durableConfig",
            "publishTo",
            "responseStreamingInvokeArn",
            "sourceKmsKeyArn",
            "tenancyConfig",
        ),
        harmless={"useResourceTimeoutForPropagation": "it only lengthens a wait"},
    ),
    "aws:lambda/permission:Permission": Listed(
        terraform="aws_lambda_permission",
        renamed={"function_name": "function"},
        autoname=AutoName("statementId", 100),
        later=("invokedViaFunctionUrl",),
    ),
    "aws:lb/listener:Listener": Listed(
        terraform="aws_lb_listener", delete_first=True, later=("defaultActions.jwtValidation",)
    ),
    "aws:lb/loadBalancer:LoadBalancer": Listed(
        terraform="aws_lb",
        autoname=AutoName(longest=32),
        later=("enablePrefixForIpv6SourceNat", "healthCheckLogs", "secondaryIpsAutoAssignedPerSubnet"),
    ),
    "aws:lb/targetGroup:TargetGroup": Listed(
        terraform="aws_lb_target_group", autoname=AutoName(longest=32), later=("targetControlPort",)
    ),
    "aws:s3/bucket:Bucket": Listed(
        terraform="aws_s3_bucket",
        autoname=AutoName("bucket", 63, lower=True),
        later=("bucketNamespace", "serverSideEncryptionConfiguration.rule.blockedEncryptionTypes"),
        copied={"bucketRegion": "region"},
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": Listed(
        terraform="aws_s3_bucket_lifecycle_configuration", delete_first=True, later=("timeouts",)
    ),
    "aws:s3/bucketPolicy:BucketPolicy": Listed(terraform="aws_s3_bucket_policy", delete_first=True),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Listed(
        terraform="aws_s3_bucket_public_access_block", delete_first=True, later=("skipDestroy",)
    ),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": Listed(
        terraform="aws_s3_bucket_server_side_encryption_configuration",
        delete_first=True,
        later=("rules.blockedEncryptionTypes",),
    ),
    "aws:s3/bucketVersioning:BucketVersioning": Listed(terraform="aws_s3_bucket_versioning", delete_first=True),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Listed(
        terraform="aws_vpc_security_group_egress_rule", delete_first=True
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Listed(
        terraform="aws_vpc_security_group_ingress_rule", delete_first=True
    ),
}

FUNCTIONS: dict[str, Listed] = {
    "aws:ec2/getVpc:getVpc": Listed(terraform="aws_vpc", later=("ipv6CidrBlockAssociations",)),
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": Listed(terraform="aws_ecr_authorization_token"),
    "aws:ecr/getRepository:getRepository": Listed(
        terraform="aws_ecr_repository", later=("imageTagMutabilityExclusionFilters",)
    ),
    "aws:index/getAvailabilityZones:getAvailabilityZones": Listed(terraform="aws_availability_zones"),
    "aws:lb/getLoadBalancer:getLoadBalancer": Listed(
        terraform="aws_lb",
        later=("enablePrefixForIpv6SourceNat", "healthCheckLogs", "secondaryIpsAutoAssignedPerSubnet"),
    ),
    "aws:secretsmanager/getSecretVersions:getSecretVersions": Listed(
        terraform="aws_secretsmanager_secret_versions", copied={"secretArn": "arn", "secretName": "name"}
    ),
    "aws:secretsmanager/getSecret:getSecret": Listed(terraform="aws_secretsmanager_secret", later=("type",)),
    "aws:secretsmanager/getSecretVersion:getSecretVersion": Listed(
        terraform="aws_secretsmanager_secret_version", later=("secretArn",)
    ),
}
