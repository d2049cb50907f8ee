"""The AWS that CodeDeploy works on, through the calls that its own service role is allowed.

https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCodeDeployRoleForECS.html
"""

from __future__ import annotations

import json
from typing import Any, Protocol, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.aws.trouble import INSIDE

Document = dict[str, Any]


class CloudError(Exception):
    """A call was refused or failed: the service, AWS's code and message."""

    def __init__(self, service: str, code: str, message: str) -> None:
        super().__init__(f"{message} (Service: {service}; Status Code: 400; Error Code: {code})")
        self.code = code


class Cloud(Protocol):
    """What a deployment needs of ECS, Elastic Load Balancing, CloudWatch and Lambda."""

    def service(self, cluster: str, name: str) -> Document | None:
        """The service with its task sets, or None."""
        ...

    def create_task_set(self, cluster: str, service: str, request: Document) -> Document:
        """Start a task set."""
        ...

    def promote(self, cluster: str, service: str, task_set: str) -> None:
        """Make a task set the primary one."""
        ...

    def delete_task_set(self, cluster: str, service: str, task_set: str) -> None:
        """Let a task set drain and end."""
        ...

    def target_group(self, name: str) -> str | None:
        """The ARN of a target group, or None."""
        ...

    def health(self, target_group: str) -> list[str]:
        """The states of its targets."""
        ...

    def forwards(self, listener: str) -> dict[str, int]:
        """The target groups that the listener's default action names, with their weights."""
        ...

    def route(self, listener: str, weights: dict[str, int]) -> None:
        """Give the groups these weights wherever the listener or one of its rules names one of them."""
        ...

    def ringing(self, alarms: list[str]) -> list[str]:
        """Which of the alarms are in ALARM."""
        ...

    def invoke(self, function: str, payload: Document) -> None:
        """Call a hook's function; its answer comes by PutLifecycleEventHookExecutionStatus."""
        ...


class BotoCloud:
    """The real calls, against one endpoint."""

    def __init__(self, endpoint: str, region: str, account: str) -> None:
        config = Config(retries={"total_max_attempts": 2}, read_timeout=70, connect_timeout=5, user_agent_extra=INSIDE)
        session = boto3.Session(account, "test", region_name=region)

        def client(name: str) -> Any:
            return cast(Any, session).client(name, endpoint_url=endpoint, config=config)

        self._ecs, self._elb = client("ecs"), client("elbv2")
        self._cloudwatch, self._lambda = client("cloudwatch"), client("lambda")

    def service(self, cluster: str, name: str) -> Document | None:
        """The service with its task sets, or None."""
        try:
            found = self._call(self._ecs, "describe_services", cluster=cluster, services=[name])["services"]
        except CloudError as error:
            if error.code == "ClusterNotFoundException":
                return None
            raise
        return next((service for service in found if service["status"] == "ACTIVE"), None)

    def create_task_set(self, cluster: str, service: str, request: Document) -> Document:
        """Start a task set."""
        answer = self._call(self._ecs, "create_task_set", cluster=cluster, service=service, **request)
        return cast(Document, answer["taskSet"])

    def promote(self, cluster: str, service: str, task_set: str) -> None:
        """Make a task set the primary one."""
        self._call(
            self._ecs, "update_service_primary_task_set", cluster=cluster, service=service, primaryTaskSet=task_set
        )

    def delete_task_set(self, cluster: str, service: str, task_set: str) -> None:
        """Let a task set drain and end; one that is gone already is fine."""
        try:
            self._call(self._ecs, "delete_task_set", cluster=cluster, service=service, taskSet=task_set)
        except CloudError as error:
            if error.code not in ("TaskSetNotFoundException", "ServiceNotFoundException", "ServiceNotActiveException"):
                raise

    def target_group(self, name: str) -> str | None:
        """The ARN of a target group, or None."""
        try:
            found = self._call(self._elb, "describe_target_groups", Names=[name])["TargetGroups"]
        except CloudError as error:
            if error.code.startswith("TargetGroupNotFound"):
                return None
            raise
        return found[0]["TargetGroupArn"] if found else None

    def health(self, target_group: str) -> list[str]:
        """The states of its targets."""
        answer = self._call(self._elb, "describe_target_health", TargetGroupArn=target_group)
        return [entry["TargetHealth"]["State"] for entry in answer["TargetHealthDescriptions"]]

    def forwards(self, listener: str) -> dict[str, int]:
        """The target groups that the listener's default action names, with their weights."""
        found = self._call(self._elb, "describe_listeners", ListenerArns=[listener])["Listeners"]
        if not found:
            raise CloudError("ElasticLoadBalancingV2", "ListenerNotFound", f"Listener '{listener}' not found")
        return _weights(found[0]["DefaultActions"])

    def route(self, listener: str, weights: dict[str, int]) -> None:
        """Give the groups these weights wherever the listener or one of its rules names one of them."""
        actions = [
            {
                "Type": "forward",
                "ForwardConfig": {
                    "TargetGroups": [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights.items()],
                },
            }
        ]
        for rule in self._call(self._elb, "describe_rules", ListenerArn=listener)["Rules"]:
            if not weights.keys() & _weights(rule["Actions"]).keys():
                continue
            if rule["IsDefault"]:
                self._call(self._elb, "modify_listener", ListenerArn=listener, DefaultActions=actions)
            else:
                self._call(self._elb, "modify_rule", RuleArn=rule["RuleArn"], Actions=actions)

    def ringing(self, alarms: list[str]) -> list[str]:
        """Which of the alarms are in ALARM, metric and composite ones."""
        answer = self._call(
            self._cloudwatch,
            "describe_alarms",
            AlarmNames=alarms,
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
            StateValue="ALARM",
        )
        return [alarm["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for alarm in answer.get(kind, [])]

    def invoke(self, function: str, payload: Document) -> None:
        """Call a hook's function without waiting for it."""
        self._call(
            self._lambda,
            "invoke",
            FunctionName=function,
            InvocationType="Event",
            Payload=json.dumps(payload).encode(),
        )

    @staticmethod
    def _call(client: Any, method: str, **request: Any) -> Document:
        name = client.meta.service_model.service_id
        try:
            return cast(Document, getattr(client, method)(**request))
        except ClientError as error:
            details = error.response["Error"]
            raise CloudError(f"Amazon{name.replace(' ', '')}", details["Code"], details["Message"]) from error
        except BotoCoreError as error:
            raise CloudError(f"Amazon{name.replace(' ', '')}", type(error).__name__, str(error)) from error


def _weights(actions: list[Document]) -> dict[str, int]:
    for action in actions:
        if action["Type"] == "forward":
            groups = (action.get("ForwardConfig") or {}).get("TargetGroups")
            if groups:
                return {group["TargetGroupArn"]: group.get("Weight", 1) for group in groups}
            return {action["TargetGroupArn"]: 1}
    return {}
