"""Whether what stands is still what was released: what serves, its listeners, and the ways through the network to it.

This is what a release needs and somebody may have changed by hand; whether anything else differs from what the program
declares, `pulumi preview --refresh` says, which needs the engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from delivery.aws import error_code
from delivery.examining import Finding, ok, problem, warning
from delivery.plan import ServicePlan
from delivery.serving import World
from delivery.store import Store
from delivery.tags import Image, Tags

DRIFT = "drift"
_ANY = "-1"


def served(world: World, store: Store, services: Sequence[ServicePlan], stack: str) -> Iterator[Finding]:
    """Whether what is written down is what serves, with all traffic and all tasks. Nothing while a release goes on."""
    pointer = store.pointer()
    if pointer is None or store.journal() is not None:
        return
    good = 0
    for service in services:
        wanted = pointer.services.get(service.name)
        if wanted is None:
            continue
        target = replace(service, task_definition=wanted.task_definition, image=wanted.image)
        serving = world.look(service)
        wrong = world.differences(target, serving)
        if wrong:
            yield problem(
                DRIFT,
                f"{service.name}: {'; '.join(wrong)}; {pointer.version} was released",
                f"`pulumi up -s {stack}` brings what the settings say; who changed it, CloudTrail knows",
            )
        elif serving is not None and not serving.steady:
            yield warning(
                DRIFT,
                f"{service.name}: {serving.running} of {serving.desired} tasks run",
                f"its events say why: `aws ecs describe-services --cluster {service.cluster_name} "
                f"--services {service.service}`",
            )
        else:
            good += 1
    if good:
        yield ok(DRIFT, f"{good} of {len(services)} services serve {pointer.version}, as was released")


def images(ecr: Any, store: Store, stack: str) -> Iterator[Finding]:
    """Whether the images of what serves are in the registry: tasks that run need them no more, all others do."""
    pointer = store.pointer()
    found = {name: Image.read(one.image) for name, one in pointer.services.items()} if pointer else {}
    asked = {name: image for name, image in found.items() if image is not None}
    gone = [name for name, image in asked.items() if not Tags(ecr).exists(image)]
    for name in gone:
        yield problem(
            DRIFT,
            f"{name}: its image is gone from the registry, {asked[name].repository}@{asked[name].digest}: "
            "tasks that run go on, and none can start",
            f"release another one: `pulumi up -s {stack}`, or `./slipway rollback -s {stack} --reason …`",
        )
    if asked and not gone:
        yield ok(DRIFT, f"the images of what serves are in the registry: {len(asked)} of {len(asked)}")


def ways(elbv2: Any, ec2: Any, world: World, services: Sequence[ServicePlan], stack: str) -> Iterator[Finding]:
    """Whether listeners stand and forward to the services, and whether security groups let users and checks through."""
    again = f"`pulumi up --refresh -s {stack}` sets it right"
    behind = [service for service in services if service.shifts]
    good = 0
    for service in behind:
        wrong = list(_of(elbv2, ec2, world, service))
        for what, fix in wrong:
            yield problem(DRIFT, f"{service.name}: {what}", fix or again)
        good += not wrong
    if good:
        yield ok(
            DRIFT,
            f"{good} of {len(behind)} services are reached as declared; "
            f"`pulumi preview --refresh -s {stack}` compares all else",
        )


def _of(elbv2: Any, ec2: Any, world: World, service: ServicePlan) -> Iterator[tuple[str, str]]:
    """What is wrong, and how it is mended where the engine does not."""
    door: set[str] = set()
    if service.load_balancer:
        found = elbv2.describe_load_balancers(LoadBalancerArns=[service.load_balancer])["LoadBalancers"]
        door = {group for one in found for group in one.get("SecurityGroups", [])}
    let_in = _rules(ec2, door)
    for whom, listener in (("users", service.listener), ("checks", service.test_listener)):
        if not listener:
            continue
        stands = _listener(elbv2, listener)
        if stands is None:
            yield f"its listener for {whom} is gone", ""
            continue
        others = _groups(stands) - set(service.target_groups)
        if others:
            names = ", ".join(sorted(group.split("/")[1] for group in others))
            serving = world.look(service)
            at = "".join(f" --region {region}" for region in listener.split(":")[3:4])
            # Where listeners send traffic is CodeDeploy's to say: no update of Pulumi's touches it.
            back = f"Type=forward,TargetGroupArn={serving.group if serving else service.target_groups[0]}"
            yield (
                f"its listener for {whom} sends traffic to {names}, which is not its own",
                f"`aws elbv2 modify-listener{at} --listener-arn {listener} --default-actions {back}`",
            )
        port = int(stands.get("Port", 80))
        if let_in is not None and not any(_covers(rule, port) for rule in let_in):
            yield f"no rule of {', '.join(sorted(door))} lets {whom} in on port {port}", ""
    tasks, port = _rules(ec2, set(service.security_groups)), service.port or 0
    groups = ", ".join(sorted(service.security_groups))
    if tasks is None:
        yield f"a security group of its tasks is gone: {groups}", ""
    elif service.security_groups and not any(_covers(rule, port) and _from(rule, door) for rule in tasks):
        yield f"no rule of {groups} lets the load balancer in on port {port}", ""


def _listener(elbv2: Any, arn: str) -> Mapping[str, Any] | None:
    try:
        found = elbv2.describe_listeners(ListenerArns=[arn])["Listeners"]
    except Exception as error:
        if "ListenerNotFound" not in error_code(error):
            raise
        return None
    return found[0] if found else None


def _groups(listener: Mapping[str, Any]) -> set[str]:
    """The target groups that a listener's default action names."""
    found = set()
    for action in listener.get("DefaultActions", []):
        found |= {one.get("TargetGroupArn", "") for one in action.get("ForwardConfig", {}).get("TargetGroups", [])}
        found |= {action["TargetGroupArn"]} if action.get("TargetGroupArn") else set()
    return found


def _rules(ec2: Any, groups: set[str]) -> list[Mapping[str, Any]] | None:
    """What some security groups let in; None where one is gone, or there are none to ask for."""
    if not groups:
        return None
    try:
        found = ec2.describe_security_groups(GroupIds=sorted(groups))["SecurityGroups"]
    except Exception as error:
        if not error_code(error).startswith("InvalidGroup"):
            raise
        return None
    return [rule for group in found for rule in group.get("IpPermissions", [])]


def _covers(rule: Mapping[str, Any], port: int) -> bool:
    if rule.get("IpProtocol") == _ANY:
        return True
    return rule.get("IpProtocol") == "tcp" and int(rule.get("FromPort", 0)) <= port <= int(rule.get("ToPort", 65535))


def _from(rule: Mapping[str, Any], door: set[str]) -> bool:
    """Whether a rule is about the load balancer; one for addresses or a prefix list may be, and is taken for it."""
    addresses = any(rule.get(name) for name in ("IpRanges", "Ipv6Ranges", "PrefixListIds"))
    return addresses or any(pair.get("GroupId") in door for pair in rule.get("UserIdGroupPairs", []))
