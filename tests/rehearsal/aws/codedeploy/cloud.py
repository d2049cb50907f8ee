"""A cloud in memory: one service, two target groups, two listeners, alarms and functions, all under the test's hand."""

from __future__ import annotations

from typing import Any

from rehearsal.aws.codedeploy.engine.cloud import CloudError

Document = dict[str, Any]


class FakeCloud:
    """Implements `Cloud`. Green is steady at once unless `sick`."""

    def __init__(self) -> None:
        self.sick = False
        self.alarms: set[str] = set()
        self.alarm_error: CloudError | None = None
        self.refuse_task_set: CloudError | None = None
        self.invoked: list[tuple[str, Document]] = []
        self.log: list[str] = []
        self.groups = {"blue": "arn/blue", "green": "arn/green"}
        self.listeners: dict[str, dict[str, int]] = {"prod": {"arn/blue": 1}, "test": {"arn/blue": 1}}
        self.controller = "CODE_DEPLOY"
        self.task_sets: dict[str, Document] = {}
        self.desired = 2
        self.exists = True
        self._add("ecs-svc/1", "PRIMARY", "arn/blue", "app:1")

    def _add(self, identifier: str, status: str, group: str, task_definition: str, **more: Any) -> Document:
        self.task_sets[identifier] = {
            "id": identifier,
            "status": status,
            "taskDefinition": task_definition,
            "loadBalancers": [{"targetGroupArn": group, "containerName": "app", "containerPort": 80}],
            "launchType": "FARGATE",
            "networkConfiguration": {"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
            **more,
        }
        return self.task_sets[identifier]

    def primary(self) -> str:
        return str(next(s["taskDefinition"] for s in self.task_sets.values() if s["status"] == "PRIMARY"))

    def service(self, cluster: str, name: str) -> Document | None:
        if not self.exists:
            return None
        steady = {
            "computedDesiredCount": self.desired,
            "runningCount": self.desired,
            "pendingCount": 0,
            "stabilityStatus": "STEADY_STATE",
        }
        unsteady = {**steady, "runningCount": 0, "pendingCount": self.desired, "stabilityStatus": "STABILIZING"}
        return {
            "serviceName": name,
            "status": "ACTIVE",
            "deploymentController": {"type": self.controller},
            "taskSets": [
                task_set | (unsteady if self.sick and task_set["status"] == "ACTIVE" else steady)
                for task_set in self.task_sets.values()
            ],
        }

    def create_task_set(self, cluster: str, service: str, request: Document) -> Document:
        if self.refuse_task_set:
            raise self.refuse_task_set
        number = f"ecs-svc/{len(self.log) + 2}"
        self.log.append("create")
        made = self._add(number, "ACTIVE", request["loadBalancers"][0]["targetGroupArn"], request["taskDefinition"])
        made.update({k: v for k, v in request.items() if k not in ("taskDefinition", "loadBalancers")})
        return made

    def promote(self, cluster: str, service: str, task_set: str) -> None:
        self.log.append("promote")
        for identifier, each in self.task_sets.items():
            each["status"] = "PRIMARY" if identifier == task_set else "ACTIVE"

    def delete_task_set(self, cluster: str, service: str, task_set: str) -> None:
        self.log.append("delete")
        self.task_sets.pop(task_set, None)

    def target_group(self, name: str) -> str | None:
        return self.groups.get(name)

    def health(self, target_group: str) -> list[str]:
        return ["unhealthy" if self.sick else "healthy"] * self.desired

    def forwards(self, listener: str) -> dict[str, int]:
        return dict(self.listeners[listener])

    def route(self, listener: str, weights: dict[str, int]) -> None:
        self.log.append(f"{listener} {'/'.join(f'{arn[4:]}:{weight}' for arn, weight in sorted(weights.items()))}")
        self.listeners[listener] = dict(weights)

    def ringing(self, alarms: list[str]) -> list[str]:
        if self.alarm_error:
            raise self.alarm_error
        return [name for name in alarms if name in self.alarms]

    def invoke(self, function: str, payload: Document) -> None:
        if function == "broken":
            raise CloudError("AWSLambda", "ResourceNotFoundException", "Function not found")
        self.invoked.append((function, payload))
