"""The names of roles that services of AWS act with.

AWS: each service says how its role is called, such as `AWSServiceRoleForECS`; a second one is refused: InvalidInput.
https://docs.aws.amazon.com/IAM/latest/UserGuide/using-service-linked-roles.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceLinkedRole.html

MiniStack 1.5.33 makes the name of the first part of the service's (`AWSServiceRoleForEcs`), so that nobody finds the
role by its name, and that of autoscaling for ECS is said to exist where that of ECS does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ministack.services import iam

from rehearsal.aws.corrections.binding import Binding

#: The service -> its role, for those that a delivery needs.
NAMES: Mapping[str, str] = {
    "ecs.amazonaws.com": "AWSServiceRoleForECS",
    "elasticloadbalancing.amazonaws.com": "AWSServiceRoleForElasticLoadBalancing",
    "ecs.application-autoscaling.amazonaws.com": "AWSServiceRoleForApplicationAutoScaling_ECSService",
}


def apply(binding: Binding) -> None:
    """Give each role its name, and refuse a second one as AWS does."""
    create = iam._create_service_linked_role

    def create_role(params: dict[str, Any]) -> Any:
        service = iam._p(params, "AWSServiceName")
        name = NAMES.get(service)
        if name is None:
            return create(params)
        if name in iam._roles:
            said = f"Service role name {name} has been taken in this account, please try a different suffix."
            return iam._error(400, "InvalidInput", said, ns="iam")
        answer = create(params)
        if answer[0] != 200:
            return answer
        wrong = f"AWSServiceRoleFor{service.split('.')[0].capitalize()}"
        role = iam._roles.pop(wrong)
        iam._roles[name] = {**role, "RoleName": name, "Arn": role["Arn"].removesuffix(wrong) + name}
        told = f"<CreateServiceLinkedRoleResult><Role>{iam._role_xml(name)}</Role></CreateServiceLinkedRoleResult>"
        return iam._xml(200, "CreateServiceLinkedRoleResponse", told, ns="iam")

    binding.replace(iam, "_create_service_linked_role", create_role)
