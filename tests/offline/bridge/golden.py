"""Golden conversions: what the program says of each type, and the Terraform configuration that must come of it.

Reviewed by hand against the provider's documentation. `config` leaves out fields that are null or empty; `shown` is
what comes back, where that is not what was said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Golden:
    """One resource."""

    token: str
    inputs: dict[str, Any]
    config: dict[str, Any]
    shown: dict[str, Any] | None = None


ASSUME = {"Version": "2012-10-17", "Statement": []}

CASES = [
    Golden(
        "aws:appautoscaling/policy:Policy",
        {
            "name": "p",
            "policyType": "TargetTrackingScaling",
            "targetTrackingScalingPolicyConfiguration": {
                "targetValue": 60,
                "predefinedMetricSpecification": {"predefinedMetricType": "ECSServiceAverageCPUUtilization"},
                "scaleInCooldown": 300,
            },
        },
        {
            "name": "p",
            "policy_type": "TargetTrackingScaling",
            "target_tracking_scaling_policy_configuration": [
                {
                    "target_value": 60,
                    "predefined_metric_specification": [{"predefined_metric_type": "ECSServiceAverageCPUUtilization"}],
                    "scale_in_cooldown": 300,
                }
            ],
        },
    ),
    Golden(
        "aws:appautoscaling/target:Target",
        {
            "serviceNamespace": "ecs",
            "scalableDimension": "ecs:service:DesiredCount",
            "minCapacity": 1,
            "maxCapacity": 4,
        },
        {
            "service_namespace": "ecs",
            "scalable_dimension": "ecs:service:DesiredCount",
            "min_capacity": 1,
            "max_capacity": 4,
        },
    ),
    Golden(
        "aws:cloudwatch/eventRule:EventRule",
        {"name": "ended", "description": "d", "eventPattern": '{"source": ["aws.codedeploy"]}', "state": "DISABLED"},
        {"name": "ended", "description": "d", "event_pattern": '{"source": ["aws.codedeploy"]}', "state": "DISABLED"},
    ),
    Golden(
        "aws:cloudwatch/eventTarget:EventTarget",
        {
            "rule": "ended",
            "targetId": "function",
            "arn": "a",
            "retryPolicy": {"maximumRetryAttempts": 3},
            "runCommandTargets": [{"key": "tag:Name", "values": ["n"]}],
        },
        {
            "rule": "ended",
            "target_id": "function",
            "arn": "a",
            "retry_policy": [{"maximum_retry_attempts": 3}],
            "run_command_targets": [{"key": "tag:Name", "values": ["n"]}],
        },
    ),
    Golden(
        "aws:cloudwatch/logGroup:LogGroup",
        {"name": "/shop", "retentionInDays": 30},
        {"name": "/shop", "retention_in_days": 30},
    ),
    Golden(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        {
            "name": "errors",
            "comparisonOperator": "GreaterThanThreshold",
            "evaluationPeriods": 2,
            "metricQueries": [
                {"id": "rate", "expression": "100 * e / r", "returnData": True, "label": "errors"},
                {
                    "id": "e",
                    "metric": {
                        "namespace": "AWS/ApplicationELB",
                        "metricName": "HTTPCode_Target_5XX_Count",
                        "dimensions": {"TargetGroup": "targetgroup/a"},
                        "period": 60,
                        "stat": "Sum",
                    },
                },
            ],
        },
        {
            "alarm_name": "errors",
            "comparison_operator": "GreaterThanThreshold",
            "evaluation_periods": 2,
            "metric_query": [
                {"id": "rate", "expression": "100 * e / r", "return_data": True, "label": "errors"},
                {
                    "id": "e",
                    "metric": [
                        {
                            "namespace": "AWS/ApplicationELB",
                            "metric_name": "HTTPCode_Target_5XX_Count",
                            "dimensions": {"TargetGroup": "targetgroup/a"},
                            "period": 60,
                            "stat": "Sum",
                        }
                    ],
                },
            ],
        },
    ),
    Golden(
        "aws:codedeploy/application:Application",
        {"name": "a", "computePlatform": "ECS"},
        {"name": "a", "compute_platform": "ECS"},
    ),
    Golden(
        "aws:codedeploy/deploymentConfig:DeploymentConfig",
        {
            "deploymentConfigName": "c",
            "computePlatform": "ECS",
            "trafficRoutingConfig": {"type": "TimeBasedCanary", "timeBasedCanary": {"interval": 5, "percentage": 10}},
        },
        {
            "deployment_config_name": "c",
            "compute_platform": "ECS",
            "traffic_routing_config": [
                {"type": "TimeBasedCanary", "time_based_canary": [{"interval": 5, "percentage": 10}]}
            ],
        },
    ),
    Golden(
        "aws:codedeploy/deploymentGroup:DeploymentGroup",
        {
            "appName": "a",
            "deploymentGroupName": "g",
            "deploymentStyle": {"deploymentOption": "WITH_TRAFFIC_CONTROL", "deploymentType": "BLUE_GREEN"},
            "ecsService": {"clusterName": "c", "serviceName": "s"},
            "loadBalancerInfo": {
                "targetGroupPairInfo": {
                    "targetGroups": [{"name": "blue"}, {"name": "green"}],
                    "prodTrafficRoute": {"listenerArns": ["arn:p"]},
                    "testTrafficRoute": {"listenerArns": ["arn:t"]},
                }
            },
            "blueGreenDeploymentConfig": {
                "deploymentReadyOption": {"actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 15},
                "terminateBlueInstancesOnDeploymentSuccess": {
                    "action": "TERMINATE",
                    "terminationWaitTimeInMinutes": 60,
                },
            },
            "alarmConfiguration": {"enabled": True, "alarms": ["errors"]},
            "autoRollbackConfiguration": {"enabled": True, "events": ["DEPLOYMENT_FAILURE"]},
        },
        {
            "app_name": "a",
            "deployment_group_name": "g",
            "deployment_style": [{"deployment_option": "WITH_TRAFFIC_CONTROL", "deployment_type": "BLUE_GREEN"}],
            "ecs_service": [{"cluster_name": "c", "service_name": "s"}],
            "load_balancer_info": [
                {
                    "target_group_pair_info": [
                        {
                            "target_group": [{"name": "blue"}, {"name": "green"}],
                            "prod_traffic_route": [{"listener_arns": ["arn:p"]}],
                            "test_traffic_route": [{"listener_arns": ["arn:t"]}],
                        }
                    ]
                }
            ],
            "blue_green_deployment_config": [
                {
                    "deployment_ready_option": [{"action_on_timeout": "STOP_DEPLOYMENT", "wait_time_in_minutes": 15}],
                    "terminate_blue_instances_on_deployment_success": [
                        {"action": "TERMINATE", "termination_wait_time_in_minutes": 60}
                    ],
                }
            ],
            "alarm_configuration": [{"enabled": True, "alarms": ["errors"]}],
            "auto_rollback_configuration": [{"enabled": True, "events": ["DEPLOYMENT_FAILURE"]}],
        },
    ),
    Golden("aws:ec2/eip:Eip", {"domain": "vpc", "tags": {"Name": "x"}}, {"domain": "vpc", "tags": {"Name": "x"}}),
    Golden("aws:ec2/internetGateway:InternetGateway", {"vpcId": "vpc-1"}, {"vpc_id": "vpc-1"}),
    Golden(
        "aws:ec2/natGateway:NatGateway",
        {"allocationId": "e", "subnetId": "s"},
        {"allocation_id": "e", "subnet_id": "s"},
    ),
    Golden(
        "aws:ec2/route:Route",
        {"routeTableId": "r", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "i"},
        {"route_table_id": "r", "destination_cidr_block": "0.0.0.0/0", "gateway_id": "i"},
    ),
    Golden("aws:ec2/routeTable:RouteTable", {"vpcId": "v", "tags": {"a": "b"}}, {"vpc_id": "v", "tags": {"a": "b"}}),
    Golden(
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        {"subnetId": "s", "routeTableId": "r"},
        {"subnet_id": "s", "route_table_id": "r"},
    ),
    Golden(
        "aws:ec2/securityGroup:SecurityGroup",
        {"name": "web", "description": "d", "vpcId": "v"},
        {"name": "web", "description": "d", "vpc_id": "v"},
    ),
    Golden(
        "aws:ec2/subnet:Subnet",
        {"vpcId": "v", "cidrBlock": "10.0.0.0/24", "availabilityZone": "a", "mapPublicIpOnLaunch": True},
        {"vpc_id": "v", "cidr_block": "10.0.0.0/24", "availability_zone": "a", "map_public_ip_on_launch": True},
    ),
    Golden(
        "aws:ec2/vpc:Vpc",
        {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True, "enableDnsSupport": True},
        {"cidr_block": "10.0.0.0/16", "enable_dns_hostnames": True, "enable_dns_support": True},
    ),
    Golden(
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        {"repository": "r", "policy": {"rules": [{"rulePriority": 1}]}},
        {"repository": "r", "policy": '{"rules":[{"rulePriority":1}]}'},
        {"repository": "r", "policy": '{"rules":[{"rulePriority":1}]}'},
    ),
    Golden(
        "aws:ecr/repository:Repository",
        {
            "name": "shop/api",
            "imageTagMutability": "IMMUTABLE",
            "imageScanningConfiguration": {"scanOnPush": True},
            "encryptionConfigurations": [{"encryptionType": "AES256"}],
            "forceDelete": False,
        },
        {
            "name": "shop/api",
            "image_tag_mutability": "IMMUTABLE",
            "image_scanning_configuration": [{"scan_on_push": True}],
            "encryption_configuration": [{"encryption_type": "AES256"}],
            "force_delete": False,
        },
    ),
    Golden(
        "aws:ecr/repositoryPolicy:RepositoryPolicy",
        {"repository": "r", "policy": {"Statement": [{"Sid": "Pull"}]}},
        {"repository": "r", "policy": '{"Statement":[{"Sid":"Pull"}]}'},
        {"repository": "r", "policy": '{"Statement":[{"Sid":"Pull"}]}'},
    ),
    Golden(
        "aws:ecs/cluster:Cluster",
        {"name": "c", "settings": [{"name": "containerInsights", "value": "enabled"}]},
        {"name": "c", "setting": [{"name": "containerInsights", "value": "enabled"}]},
    ),
    Golden(
        "aws:ecs/service:Service",
        {
            "name": "api",
            "cluster": "c",
            "desiredCount": 2,
            "deploymentController": {"type": "CODE_DEPLOY"},
            "loadBalancers": [{"targetGroupArn": "t", "containerName": "api", "containerPort": 8000}],
            "networkConfiguration": {"subnets": ["s"], "securityGroups": ["g"], "assignPublicIp": True},
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "propagateTags": "SERVICE",
        },
        {
            "name": "api",
            "cluster": "c",
            "desired_count": 2,
            "deployment_controller": [{"type": "CODE_DEPLOY"}],
            "load_balancer": [{"target_group_arn": "t", "container_name": "api", "container_port": 8000}],
            "network_configuration": [{"subnets": ["s"], "security_groups": ["g"], "assign_public_ip": True}],
            "deployment_circuit_breaker": [{"enable": True, "rollback": True}],
            "propagate_tags": "SERVICE",
        },
    ),
    Golden(
        "aws:ecs/taskDefinition:TaskDefinition",
        {
            "family": "api",
            "requiresCompatibilities": ["FARGATE"],
            "cpu": "256",
            "runtimePlatform": {"operatingSystemFamily": "LINUX", "cpuArchitecture": "X86_64"},
            "containerDefinitions": "[]",
            "skipDestroy": True,
        },
        {
            "family": "api",
            "requires_compatibilities": ["FARGATE"],
            "cpu": "256",
            "runtime_platform": [{"operating_system_family": "LINUX", "cpu_architecture": "X86_64"}],
            "container_definitions": "[]",
            "skip_destroy": True,
        },
    ),
    Golden(
        "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
        {"url": "https://token.actions.githubusercontent.com", "clientIdLists": ["sts.amazonaws.com"]},
        {"url": "https://token.actions.githubusercontent.com", "client_id_list": ["sts.amazonaws.com"]},
    ),
    Golden(
        "aws:iam/policy:Policy",
        {"name": "boundary", "path": "/ci/", "policy": "{}"},
        {"name": "boundary", "path": "/ci/", "policy": "{}"},
    ),
    Golden(
        "aws:iam/role:Role",
        {"name": "r", "assumeRolePolicy": ASSUME},
        {"name": "r", "assume_role_policy": '{"Version":"2012-10-17","Statement":[]}'},
        {"name": "r", "assumeRolePolicy": '{"Version":"2012-10-17","Statement":[]}'},
    ),
    Golden(
        "aws:iam/rolePolicy:RolePolicy",
        {"name": "p", "role": "r", "policy": "{}"},
        {"name": "p", "role": "r", "policy": "{}"},
    ),
    Golden(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        {"role": "r", "policyArn": "arn:p"},
        {"role": "r", "policy_arn": "arn:p"},
    ),
    Golden(
        "aws:lambda/function:Function",
        {
            "name": "checker",
            "runtime": "python3.12",
            "handler": "handler.handle",
            "timeout": 30,
            "memorySize": 128,
            "architectures": ["arm64"],
            "environment": {"variables": {"RECORDS_BUCKET": "b"}},
            "vpcConfig": {"subnetIds": ["s"], "securityGroupIds": ["g"]},
        },
        {
            "function_name": "checker",
            "runtime": "python3.12",
            "handler": "handler.handle",
            "timeout": 30,
            "memory_size": 128,
            "architectures": ["arm64"],
            "environment": [{"variables": {"RECORDS_BUCKET": "b"}}],
            "vpc_config": [{"subnet_ids": ["s"], "security_group_ids": ["g"]}],
        },
    ),
    Golden(
        "aws:lambda/permission:Permission",
        {
            "function": "warden",
            "action": "lambda:InvokeFunction",
            "principal": "events.amazonaws.com",
            "sourceArn": "a",
            "statementId": "events",
        },
        {
            "function_name": "warden",
            "action": "lambda:InvokeFunction",
            "principal": "events.amazonaws.com",
            "source_arn": "a",
            "statement_id": "events",
        },
    ),
    Golden(
        "aws:lb/listener:Listener",
        {
            "loadBalancerArn": "l",
            "port": 80,
            "protocol": "HTTP",
            "defaultActions": [
                {"type": "redirect", "redirect": {"port": "443", "protocol": "HTTPS", "statusCode": "HTTP_301"}},
                {"type": "forward", "targetGroupArn": "t"},
            ],
        },
        {
            "load_balancer_arn": "l",
            "port": 80,
            "protocol": "HTTP",
            "default_action": [
                {"type": "redirect", "redirect": [{"port": "443", "protocol": "HTTPS", "status_code": "HTTP_301"}]},
                {"type": "forward", "target_group_arn": "t"},
            ],
        },
    ),
    Golden(
        "aws:lb/loadBalancer:LoadBalancer",
        {
            "name": "l",
            "internal": False,
            "securityGroups": ["g"],
            "subnets": ["a", "b"],
            "dropInvalidHeaderFields": True,
        },
        {
            "name": "l",
            "internal": False,
            "security_groups": ["g"],
            "subnets": ["a", "b"],
            "drop_invalid_header_fields": True,
        },
    ),
    Golden(
        "aws:lb/targetGroup:TargetGroup",
        {
            "name": "blue",
            "port": 8000,
            "targetType": "ip",
            "deregistrationDelay": 10,
            "healthCheck": {"path": "/health", "interval": 10, "matcher": "200"},
        },
        {
            "name": "blue",
            "port": 8000,
            "target_type": "ip",
            "deregistration_delay": "10",
            "health_check": [{"path": "/health", "interval": 10, "matcher": "200"}],
        },
        {
            "name": "blue",
            "port": 8000,
            "targetType": "ip",
            "deregistrationDelay": "10",
            "healthCheck": {"path": "/health", "interval": 10, "matcher": "200"},
        },
    ),
    Golden("aws:s3/bucket:Bucket", {"bucket": "b", "forceDestroy": False}, {"bucket": "b", "force_destroy": False}),
    Golden(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        {
            "bucket": "b",
            "rules": [
                {
                    "id": "old",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "noncurrentVersionExpiration": {"noncurrentDays": 365},
                    "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
                }
            ],
        },
        {
            "bucket": "b",
            "rule": [
                {
                    "id": "old",
                    "status": "Enabled",
                    "filter": [{"prefix": ""}],
                    "noncurrent_version_expiration": [{"noncurrent_days": 365}],
                    "abort_incomplete_multipart_upload": [{"days_after_initiation": 7}],
                }
            ],
        },
    ),
    Golden("aws:s3/bucketPolicy:BucketPolicy", {"bucket": "b", "policy": "{}"}, {"bucket": "b", "policy": "{}"}),
    Golden(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        {"bucket": "b", "blockPublicAcls": True, "restrictPublicBuckets": True},
        {"bucket": "b", "block_public_acls": True, "restrict_public_buckets": True},
    ),
    Golden(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        {"bucket": "b", "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
        {"bucket": "b", "rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "AES256"}]}]},
    ),
    Golden(
        "aws:s3/bucketVersioning:BucketVersioning",
        {"bucket": "b", "versioningConfiguration": {"status": "Enabled"}},
        {"bucket": "b", "versioning_configuration": [{"status": "Enabled"}]},
    ),
    Golden(
        "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
        {"securityGroupId": "g", "ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIpv4": "0.0.0.0/0"},
        {"security_group_id": "g", "ip_protocol": "tcp", "from_port": 443, "to_port": 443, "cidr_ipv4": "0.0.0.0/0"},
    ),
    Golden(
        "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
        {"securityGroupId": "g", "ipProtocol": "tcp", "fromPort": 80, "referencedSecurityGroupId": "h"},
        {"security_group_id": "g", "ip_protocol": "tcp", "from_port": 80, "referenced_security_group_id": "h"},
    ),
]
