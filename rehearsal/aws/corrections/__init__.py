"""Corrections to MiniStack 1.5.33, each in a file of its own and fit to be sent upstream.

A correction's docstring says what AWS does, where that is written, and what MiniStack does instead. Its test shows the
defect on untouched MiniStack, so that it fails on the day the correction is no longer needed.
"""

from __future__ import annotations

from dataclasses import dataclass

from rehearsal.aws import iam
from rehearsal.aws.containers import Images
from rehearsal.aws.corrections import (
    cloudwatch_alarm_evaluation,
    cloudwatch_alarm_query,
    cloudwatch_eviction,
    ec2_default_egress_rule,
    ecr_accounts,
    ecr_images,
    ecs_code_deploy_service,
    ecs_containers,
    ecs_live_records,
    ecs_one_off_tasks,
    ecs_secret_versions,
    ecs_start_pause,
    ecs_task_sets,
    elb_interfaces,
    elb_relay,
    elb_target_health,
    elb_weighted_forward,
    emulated_time,
    events_permission,
    events_rules,
    iam_service_linked_roles,
)
from rehearsal.aws.corrections.binding import Binding
from rehearsal.aws.corrections.cloudwatch_alarm_evaluation import Evaluation
from rehearsal.aws.corrections.ecs_metrics import ServiceMetrics
from rehearsal.aws.corrections.ecs_service_scheduler import ServiceScheduler
from rehearsal.aws.corrections.elb_metrics import TrafficMetrics
from rehearsal.aws.corrections.elb_relay import Relay
from rehearsal.aws.corrections.elb_target_health import Prober
from rehearsal.aws.corrections.elb_targets import Targets
from rehearsal.aws.iam.tokens import Issuers
from rehearsal.aws.world import World

MINISTACK = "1.5.33"
"""The version whose private names the corrections take hold of."""


@dataclass(frozen=True)
class Corrected:
    """The working parts that the corrections bring; the server runs them."""

    targets: Targets
    relay: Relay
    prober: Prober
    traffic: TrafficMetrics
    evaluation: Evaluation
    scheduler: ServiceScheduler
    usage: ServiceMetrics
    issuers: Issuers


def apply_all(binding: Binding, world: World) -> Corrected:
    """Apply every correction; undone through the binding."""
    targets = Targets(world.clock)
    relay = Relay(targets)
    traffic = TrafficMetrics(world.clock, targets)
    relay.observers.append(traffic.observe)
    evaluation = Evaluation(world.clock)
    scheduler = ServiceScheduler(world.clock, targets)
    emulated_time.apply(binding, world.clock)
    elb_weighted_forward.apply(binding)
    elb_target_health.apply(binding, targets)
    elb_relay.apply(binding, relay)
    elb_interfaces.apply(binding)
    cloudwatch_alarm_evaluation.apply(binding, evaluation)
    cloudwatch_alarm_query.apply(binding)
    cloudwatch_eviction.apply(binding, world.clock)
    ec2_default_egress_rule.apply(binding)
    ecr_images.apply(binding)
    ecr_accounts.apply(binding)
    ecs_containers.apply(binding, world.port, world.label, Images(world.home).remember)
    ecs_live_records.apply(binding)
    ecs_one_off_tasks.apply(binding)
    ecs_secret_versions.apply(binding)
    ecs_start_pause.apply(binding)
    ecs_task_sets.apply(binding, ecs_task_sets.TaskSets(world.clock), scheduler.wake)
    ecs_code_deploy_service.apply(binding)
    events_permission.apply(binding)
    events_rules.apply(binding)
    issuers = Issuers()
    if world.iam:
        iam.apply(binding, issuers)
    iam_service_linked_roles.apply(binding)
    prober = Prober(targets, world.clock, world.account, world.region)
    usage = ServiceMetrics(world.clock)
    return Corrected(targets, relay, prober, traffic, evaluation, scheduler, usage, issuers)
