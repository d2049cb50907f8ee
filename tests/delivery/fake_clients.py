"""The clients of the small AWS in `fakes`: answers in boto3's shapes, as far as the product reads them."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.delivery.fakes import FakeAws

ACCOUNT = "111122223333"
START = 1_800_000_000.0


class AwsError(Exception):
    """As botocore's ClientError."""

    def __init__(self, code: str, message: str = "", operation: str = "") -> None:
        self.response = {"Error": {"Code": code, "Message": message or code}}
        self.operation_name = operation
        super().__init__(f"{code}: {message}")


class Killed(BaseException):
    """The process was killed in this moment: nothing of it runs any more."""


class FakeClients:
    """The clients of an account: `client.operation(**arguments)` calls the method of that name below."""

    def __init__(self, aws: FakeAws) -> None:
        names = "autoscaling cloudwatch ec2 ecr ecs elbv2 functions logs s3 secretsmanager sts"
        for name in names.split():
            setattr(self, name, _Recorded(aws, _Operations(aws)))
        self.codedeploy = _Recorded(aws, aws.codedeploy)


class _Recorded:
    """Tells the account about every call before it is answered, and after."""

    def __init__(self, aws: FakeAws, operations: Any) -> None:
        self._aws = aws
        self._operations = operations

    def __getattr__(self, name: str) -> Any:
        if name == "get_paginator":
            return lambda operation: _Pages(getattr(self, operation))
        aws, operations = self._aws, self._operations
        getattr(operations, name)  # which may not be there

        def call(**arguments: Any) -> Any:
            with aws.one_at_a_time:
                aws.called(name)
                answer = getattr(operations, name)(**arguments)
                aws.after_call(name)
                return answer

        self.__dict__[name] = call  # and is asked for again and again
        return call


class _Pages:
    def __init__(self, operation: Any) -> None:
        self._operation = operation

    def paginate(self, **arguments: Any) -> list[Any]:
        """One page of everything."""
        return [self._operation(**arguments)]


class _Operations:
    """What the account answers, but for CodeDeploy."""

    def __init__(self, aws: FakeAws) -> None:
        self._aws = aws

    def list_secret_version_ids(self, SecretId: str, IncludeDeprecated: bool = False) -> dict[str, Any]:  # noqa: N803
        if SecretId not in self._aws.secrets:
            raise AwsError("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
        found = self._aws.secrets[SecretId].items()
        versions = [{"VersionId": one, "VersionStages": stages} for one, stages in found if stages or IncludeDeprecated]
        return {"ARN": SecretId, "Versions": versions}

    def get_caller_identity(self) -> dict[str, Any]:
        return {"Account": ACCOUNT, "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci"}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        objects = self._aws.others.get(Bucket, self._aws.objects)
        if Key not in objects:
            raise AwsError("NoSuchKey")
        return {"Body": io.BytesIO(objects[Key])}

    def head_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        if Key not in self._aws.objects:
            raise AwsError("404")
        return {"LastModified": datetime.fromtimestamp(self._aws.written[Key], UTC)}

    def put_object(self, Bucket: str, Key: str, Body: bytes, ContentType: str) -> dict[str, Any]:  # noqa: N803
        self._aws.objects[Key] = Body
        self._aws.written[Key] = self._aws.now
        return {}

    def delete_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        self._aws.objects.pop(Key, None)
        return {}

    def list_objects_v2(self, Bucket: str, Prefix: str) -> dict[str, Any]:  # noqa: N803
        return {"Contents": [{"Key": key} for key in sorted(self._aws.objects) if key.startswith(Prefix)]}

    def describe_services(self, cluster: str, services: list[str]) -> dict[str, Any]:
        found = []
        for name in services:
            if name in self._aws.services:
                service = self._aws.services[name]
                primary = service.primary
                found.append(
                    {
                        "status": "ACTIVE",
                        "taskDefinition": primary["taskDefinition"],
                        "taskSets": [] if service.deployments else [dict(one) for one in service.sets],
                        "deployments": [dict(one) for one in service.deployments],
                        "runningCount": primary["runningCount"],
                        "desiredCount": service.desired,
                        "events": list(service.events),
                        "networkConfiguration": primary["networkConfiguration"],
                    }
                )
        return {"services": found}

    def update_service(self, cluster: str, service: str, taskDefinition: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        found = self._aws.services[service]
        found.sets = [{**found.primary, "taskDefinition": taskDefinition}]
        found.deployments = [{**found.deployments[0], "status": "PRIMARY", "rolloutState": "IN_PROGRESS"}]
        return {}

    def describe_task_definition(self, taskDefinition: str) -> dict[str, Any]:  # noqa: N803
        if taskDefinition not in self._aws.definitions:
            raise AwsError("ClientException", "Unable to describe task definition.")
        return {"taskDefinition": self._aws.definitions[taskDefinition]}

    def run_task(self, **wish: Any) -> dict[str, Any]:
        return self._aws.tasks.run(wish)

    def stop_task(self, cluster: str, task: str, reason: str) -> dict[str, Any]:
        self._aws.tasks.stop(task)
        return {}

    def list_tasks(self, family: str = "", desiredStatus: str = "RUNNING", maxResults: int = 0, **_: Any) -> Any:  # noqa: N803
        if family:
            return {"taskArns": self._aws.tasks.listed(family, desiredStatus)}
        some = self._aws.stopped_tasks if desiredStatus == "STOPPED" else self._aws.running_tasks
        return {"taskArns": [task["taskArn"] for task in some][: maxResults or None]}

    def describe_tasks(self, cluster: str, tasks: list[str]) -> dict[str, Any]:
        assert len(tasks) <= 100, "the most that DescribeTasks takes"
        known = [*self._aws.stopped_tasks, *self._aws.running_tasks]
        found = [task for task in known if task["taskArn"] in tasks]
        return {"tasks": [*found, *self._aws.tasks.described(tasks)]}

    def describe_listeners(self, ListenerArns: list[str]) -> dict[str, Any]:  # noqa: N803
        kind, _, name = ListenerArns[0].rpartition("/")
        service = self._aws.services[name]
        shares = {service.test: 100} if kind.endswith("test") else service.shares
        groups = [{"TargetGroupArn": group, "Weight": share} for group, share in shares.items()]
        action = {"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}
        return {"Listeners": [{"Protocol": "HTTP", "Port": 8080, "DefaultActions": [action]}]}

    def describe_load_balancers(self, LoadBalancerArns: list[str]) -> dict[str, Any]:  # noqa: N803
        return {"LoadBalancers": [{"DNSName": "door-1.eu-central-1.elb.amazonaws.com"}]}

    def describe_target_health(self, TargetGroupArn: str) -> dict[str, Any]:  # noqa: N803
        return {"TargetHealthDescriptions": []}

    def describe_network_interfaces(self, Filters: list[Any]) -> dict[str, Any]:  # noqa: N803
        return {"NetworkInterfaces": [{"PrivateIpAddress": "10.0.0.4"}, {"PrivateIpAddress": "10.0.1.4"}]}

    def register_scalable_target(self, ResourceId: str, SuspendedState: dict[str, bool], **_: Any) -> dict[str, Any]:  # noqa: N803
        if all(SuspendedState.values()):
            self._aws.held.add(ResourceId)
        else:
            self._aws.held.discard(ResourceId)
        return {}

    def describe_scalable_targets(self, ResourceIds: list[str], **_: Any) -> dict[str, Any]:  # noqa: N803
        names = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended")
        return {
            "ScalableTargets": [
                {"ResourceId": target, "SuspendedState": dict.fromkeys(names, target in self._aws.held)}
                for target in ResourceIds
            ]
        }

    def describe_alarms(self, AlarmNames: list[str], AlarmTypes: list[str]) -> dict[str, Any]:  # noqa: N803
        assert len(AlarmNames) <= 50, "one page holds fifty"
        quiet = {"StateValue": "OK", "StateReason": "", "StateUpdatedTimestamp": datetime.fromtimestamp(START, UTC)}
        states = {name: quiet for name in AlarmNames if name not in self._aws.no_alarms}
        states |= {name: found for name, found in self._aws.alarms.items() if name in AlarmNames}
        states |= {
            name: {"StateValue": "ALARM", "StateReason": reason}
            for name, reason in self._aws.ringing.items()
            if name in AlarmNames
        }
        return {"MetricAlarms": [{"AlarmName": name, **state} for name, state in states.items()]}

    def batch_get_image(self, imageIds: list[dict[str, str]], **_: Any) -> dict[str, Any]:  # noqa: N803
        wanted = imageIds[0]
        digest = wanted.get("imageDigest") or self._aws.tags.get(wanted["imageTag"], "")
        if digest not in self._aws.images:
            return {"images": []}
        manifest = {"imageManifest": self._aws.images[digest], "imageManifestMediaType": "application/json"}
        return {"images": [{"imageId": {"imageDigest": digest}, **manifest}]}

    def put_image(self, imageTag: str, imageDigest: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        if imageTag in self._aws.tags:
            same = self._aws.tags[imageTag] == imageDigest
            raise AwsError("ImageAlreadyExistsException" if same else "ImageTagAlreadyExistsException")
        self._aws.tags[imageTag] = imageDigest
        return {}

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        answers = []
        for request in json.loads(Payload)["requests"]:
            # All services stand behind one fake load balancer: each is asked by its own path.
            service = self._aws.services[request["path"].split("/")[1]]
            behind = next(s for s in service.sets if s["loadBalancers"][0]["targetGroupArn"] == service.test)
            answers.append({"body": "", "error": "", **self._aws.answer(behind["taskDefinition"], request)})
        return {"Payload": io.BytesIO(json.dumps({"answers": answers}).encode())}

    def get_log_events(self, logStreamName: str, nextToken: str = "", **_: Any) -> dict[str, Any]:  # noqa: N803
        found = self._aws.tasks.log(logStreamName, nextToken)
        if found is not None:
            return found
        lines = self._aws.logs.get(logStreamName.rpartition("/")[2], self._aws.log)
        return {"events": [{"message": line} for line in lines]}
