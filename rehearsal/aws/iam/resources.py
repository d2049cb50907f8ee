"""What a call is made on: the ARNs that AWS compares the resources of policies with; `*` where AWS knows none.

Only what MiniStack leaves out or names otherwise is here; nothing is said about the rest.
https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ministack.services import iam

from rehearsal.aws.iam.call import Call

EVERYTHING = ["*"]


def resources(call: Call) -> list[str] | None:
    """Return the resources of a call; None where MiniStack's own reading is AWS's."""
    finder = _FINDERS.get(call.service)
    return finder(call) if finder else None


def _ecs(call: Call) -> list[str]:
    """ECS. MiniStack names the cluster in all of them."""
    cluster = _last(call.text("cluster") or "default")
    if call.action in _OF_SERVICES:
        names = call.texts("services") or [call.text("service", "serviceName")]
        return [call.arn(f"service/{cluster}/{_last(name)}") for name in names]
    if call.action in ("RunTask", "StartTask"):
        return [definition(call)]
    if call.action in ("StopTask", "DescribeTasks"):
        names = call.texts("tasks") or [call.text("task")]
        return [call.arn(f"task/{cluster}/{_last(name)}") for name in names]
    if call.action in _OF_TASK_SETS:
        names = call.texts("taskSets") or [call.text("taskSet") or "*"]
        return [call.arn(f"task-set/{cluster}/{_last(call.text('service'))}/{_last(name)}") for name in names]
    if call.action in _OF_CLUSTERS:
        names = call.texts("clusters") or [call.text("cluster", "clusterName") or "default"]
        return [call.arn(f"cluster/{_last(name)}") for name in names]
    if call.action in ("TagResource", "UntagResource", "ListTagsForResource"):
        return [call.text("resourceArn")]
    return EVERYTHING


_OF_SERVICES = {"CreateService", "UpdateService", "DeleteService", "DescribeServices", "UpdateServicePrimaryTaskSet"}
_OF_TASK_SETS = {"CreateTaskSet", "UpdateTaskSet", "DeleteTaskSet", "DescribeTaskSets"}
_OF_CLUSTERS = {
    *("CreateCluster", "UpdateCluster", "UpdateClusterSettings", "DeleteCluster", "DescribeClusters"),
    "PutClusterCapacityProviders",
}


def definition(call: Call) -> str:
    """Return the task definition that a task is started from."""
    named = call.text("taskDefinition")
    return named if named.startswith("arn:") else call.arn(f"task-definition/{named}{'' if ':' in named else ':*'}")


def _iam(call: Call) -> list[str] | None:
    """IAM. MiniStack forgets the paths of roles, and what is made."""
    account = f"arn:aws:iam::{call.account}"
    if name := call.text("RoleName"):
        return [role(name, call)]
    if call.action == "CreatePolicy":
        return [f"{account}:policy{call.text('Path') or '/'}{call.text('PolicyName')}"]
    if call.action == "CreateServiceLinkedRole":
        return [f"{account}:role/aws-service-role/{call.text('AWSServiceName')}/*"]
    if arn := call.text("OpenIDConnectProviderArn"):
        return [arn]
    if call.action == "CreateOpenIDConnectProvider":
        return [f"{account}:oidc-provider/{call.text('Url').removeprefix('https://')}"]
    return None


def role(name: str, call: Call) -> str:
    """Return the ARN of a role, path included; of one that is being made as well."""
    known = iam._roles.get(name)
    if known is not None and call.action != "CreateRole":
        return str(known["Arn"])
    return f"arn:aws:iam::{call.account}:role{call.text('Path') or '/'}{name}"


def _balancing(call: Call) -> list[str]:
    """Load balancing. MiniStack knows nothing that is made, no rule and no tags."""
    if call.action.startswith("Describe"):
        return EVERYTHING
    if call.action == "CreateLoadBalancer":
        return [call.arn(f"loadbalancer/app/{call.text('Name')}/*")]
    if call.action == "CreateTargetGroup":
        return [call.arn(f"targetgroup/{call.text('Name')}/*")]
    if found := call.texts("ResourceArns"):
        return found
    return [call.text("RuleArn", "ListenerArn", "TargetGroupArn", "LoadBalancerArn") or "*"]


def _alarms(call: Call) -> list[str] | None:
    """CloudWatch. MiniStack knows one alarm, not several."""
    if arn := call.text("ResourceARN"):
        return [arn]
    names = call.texts("AlarmNames") or [name for name in [call.text("AlarmName")] if name]
    if call.action == "DescribeAlarms":
        return [call.arn("alarm:*")]
    return [call.arn(f"alarm:{name}") for name in names] or None


def _rules(call: Call) -> list[str] | None:
    """EventBridge. MiniStack writes the default bus into a rule's ARN, and does not know whose targets they are."""
    if arn := call.text("ResourceARN"):
        return [arn]
    bus, name = _last(call.text("EventBusName") or "default"), call.text("Rule", "Name")
    return [call.arn(f"rule/{name}" if bus == "default" else f"rule/{bus}/{name}")] if name else None


def _logs(call: Call) -> list[str] | None:
    """CloudWatch Logs. The ARN of a group ends in `:*`, but where its tags are meant."""
    name = call.text("logGroupName") or _last(call.text("logGroupIdentifier").removesuffix(":*"), ":log-group:")
    if not name or call.text("resourceArn"):
        return None
    stream = call.text("logStreamName")
    if call.action in ("GetLogEvents", "PutLogEvents") and stream:
        return [call.arn(f"log-group:{name}:log-stream:{stream}")]
    return [call.arn(f"log-group:{name}:*")]


def _images(call: Call) -> list[str]:
    """ECR. A repository may be another account's, which MiniStack does not read."""
    if arn := call.text("resourceArn"):
        return [arn]
    names = call.texts("repositoryNames") or [name for name in [call.text("repositoryName")] if name]
    return [call.arn(f"repository/{name}", account=call.text("registryId")) for name in names] or EVERYTHING


def _network(call: Call) -> list[str] | None:
    """EC2. MiniStack does not see what tags are put on."""
    if call.action in ("CreateTags", "DeleteTags"):
        return [
            call.arn(f"{_KINDS.get(name.rpartition('-')[0], 'unknown')}/{name}") for name in call.texts("ResourceId")
        ]
    return None


_KINDS = {"vpc": "vpc", "subnet": "subnet", "sg": "security-group", "igw": "internet-gateway", "rtb": "route-table"}


def _parameters(call: Call) -> list[str] | None:
    """Systems Manager. MiniStack does not see several parameters, or a path of them."""
    names = call.texts("Names") or [name for name in [call.text("Path")] if name]
    return [call.arn(f"parameter/{name.lstrip('/')}") for name in names] or None


def _functions(call: Call) -> list[str] | None:
    """Lambda. MiniStack reads names from paths, and one that is being made is not in it."""
    return [call.arn(f"function:{call.text('FunctionName')}")] if call.action == "CreateFunction" else None


_FINDERS: Mapping[str, Callable[[Call], list[str] | None]] = {
    "ecs": _ecs,
    "iam": _iam,
    "elasticloadbalancing": _balancing,
    "cloudwatch": _alarms,
    "events": _rules,
    "logs": _logs,
    "ecr": _images,
    "ec2": _network,
    "ssm": _parameters,
    "lambda": _functions,
}


def _last(text: str, mark: str = "/") -> str:
    return text.rpartition(mark)[2]
