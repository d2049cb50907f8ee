"""Target health that is measured: probes, thresholds, draining.

AWS: the load balancer probes every registered target of a group that a listener uses; a new target is `initial` until
its first success, later changes need as many answers in a row as the thresholds say; a target of an unused group is
`unused`; one that is deregistered is `draining` until its requests have ended or the deregistration delay has passed.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health-checks.html

MiniStack 1.5.33 calls every registered target `healthy`, sends requests to dead ones, and forgets a deregistered one
at once, together with the requests it still works on.

Deleting a group that is gone succeeds on AWS: a client whose answer was lost asks again. ResourceInUse is the only
error of the call, https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DeleteTargetGroup.html;
MiniStack says TargetGroupNotFound, which ends a destroy.

Intervals and the deregistration delay follow the emulated clock. A probe's timeout does not: the container is real.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import alb

from rehearsal.aws.clock import Clock
from rehearsal.aws.corrections.binding import Binding
from rehearsal.aws.corrections.elb_targets import Target, Targets, Thresholds
from rehearsal.aws.corrections.elb_weighted_forward import load_balancers

_TICK = 0.1
_LONGEST_TIMEOUT = 5.0


class Prober:
    """Probes every target of every group in use, on the event loop that carries the traffic."""

    def __init__(self, targets: Targets, clock: Clock, account: str, region: str) -> None:
        self._targets = targets
        self._clock = clock
        self._account, self._region = account, region
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Probe until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(_TICK)

    def look(self) -> None:
        """Start the probes that are due."""
        with request_scope(self._account, self._region):
            for arn, group in alb._tgs.items():
                self._probe_group(arn, group)

    async def idle(self) -> None:
        """Wait until no probe is under way."""
        while self._running:
            await asyncio.gather(*self._running)

    def _probe_group(self, arn: str, group: dict[str, Any]) -> None:
        used = bool(load_balancers(arn))
        now = self._clock.now()
        for target in self._targets.of(arn):
            if target.state == "draining":
                continue
            if not used:
                target.state, target.reason, target.streak = "unused", "Target.NotInUse", 0
                continue
            if target.state == "unused":
                target.state, target.reason = "initial", "Elb.InitialHealthChecking"
            if now >= target.next_probe and not target.probing:
                target.probing = True
                target.next_probe = now + float(group["HealthCheckIntervalSeconds"])
                task = asyncio.create_task(self._probe(target, group))
                self._running.add(task)
                task.add_done_callback(self._running.discard)

    async def _probe(self, target: Target, group: dict[str, Any]) -> None:
        try:
            good, reason = await probe(target, group)
            thresholds = Thresholds(int(group["HealthyThresholdCount"]), int(group["UnhealthyThresholdCount"]))
            target.observe(good, thresholds, reason)
        finally:
            target.probing = False


async def probe(target: Target, group: dict[str, Any]) -> tuple[bool, str]:
    """Ask a target once as the group says: whether it is well, else AWS's word for what is wrong."""
    port = group.get("HealthCheckPort") or "traffic-port"
    number = target.port if port == "traffic-port" else int(port)
    request = (
        f"GET {group.get('HealthCheckPath') or '/'} HTTP/1.1\r\nHost: {target.address}:{number}\r\n"
        "User-Agent: ELB-HealthChecker/2.0\r\nAccept-Encoding: gzip, compressed\r\nConnection: close\r\n\r\n"
    )
    timeout = min(float(group.get("HealthCheckTimeoutSeconds") or 5), _LONGEST_TIMEOUT)
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection(target.address, number)
            try:
                writer.write(request.encode())
                status_line = await reader.readline()
            finally:
                writer.close()
    except TimeoutError:
        return False, "Target.Timeout"
    except OSError:
        return False, "Target.FailedHealthChecks"
    parts = status_line.split()
    status = int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0
    good = matches(status, (group.get("Matcher") or {}).get("HttpCode") or "200")
    return good, "" if good else "Target.ResponseCodeMismatch"


def matches(status: int, codes: str) -> bool:
    """Whether a status is among the codes of a matcher such as `200`, `200,202` or `200-299`."""
    for part in codes.split(","):
        low, _, high = part.strip().partition("-")
        if low.isdigit() and int(low) <= status <= int(high or low):
            return True
    return False


def apply(binding: Binding, targets: Targets) -> None:
    """Keep `targets` in step with every registration, and answer DescribeTargetHealth from it."""
    publish = alb.set_targets_for_group
    register, deregister = alb._register_targets, alb._deregister_targets
    delete = alb._delete_tg

    def follow(group: str) -> None:
        record = alb._tgs.get(group)
        if record is None:
            return
        default = int(record.get("Port", 80))
        attributes = {entry["Key"]: entry["Value"] for entry in alb._tg_attrs.get(group, [])}
        delay = float(attributes.get("deregistration_delay.timeout_seconds", 300))
        targets.sync(group, [(t["Id"], int(t.get("Port", default))) for t in alb._targets.get(group, [])], delay)

    def set_targets(group: str, wanted: Any, previous_ids: Iterable[str] = ()) -> Any:
        answer = publish(group, wanted, previous_ids)
        follow(group)
        return answer

    def handler(original: Any) -> Any:
        def handle(params: dict[str, Any]) -> Any:
            answer = original(params)
            follow(alb._p(params, "TargetGroupArn"))
            return answer

        return handle

    def delete_group(params: dict[str, Any]) -> Any:
        group = alb._p(params, "TargetGroupArn")
        if group not in alb._tgs:
            return alb._empty("DeleteTargetGroup")
        if load_balancers(group):
            return alb._error("ResourceInUse", f"Target group '{group}' is currently in use by a listener or a rule")
        targets.forget(group)
        return delete(params)

    def describe(params: dict[str, Any]) -> Any:
        group = alb._p(params, "TargetGroupArn")
        if group not in alb._tgs:
            return alb._error("TargetGroupNotFound", f"Target group '{group}' not found.")
        wanted = {target["Id"] for target in alb._parse_targets_param(params)}
        chosen = [target for target in targets.of(group) if not wanted or target.address in wanted]
        xml = "".join(_xml(target) for target in chosen)
        return alb._xml(200, "DescribeTargetHealth", f"<TargetHealthDescriptions>{xml}</TargetHealthDescriptions>")

    binding.replace(alb, "set_targets_for_group", set_targets)
    binding.replace(alb, "_register_targets", handler(register))
    binding.replace(alb, "_deregister_targets", handler(deregister))
    binding.replace(alb, "_delete_tg", delete_group)
    binding.replace(alb, "_describe_target_health", describe)


_DESCRIPTIONS = {
    "Elb.RegistrationInProgress": "Target registration is in progress",
    "Elb.InitialHealthChecking": "Initial health checks in progress",
    "Target.NotInUse": "Target group is not configured to receive traffic from the load balancer",
    "Target.DeregistrationInProgress": "Target deregistration is in progress",
    "Target.Timeout": "Request timed out",
    "Target.FailedHealthChecks": "Health checks failed",
    "Target.ResponseCodeMismatch": "Health checks failed with these codes",
}


def _xml(target: Target) -> str:
    why = ""
    if target.state != "healthy":
        why = f"<Reason>{target.reason}</Reason><Description>{_DESCRIPTIONS.get(target.reason, '')}</Description>"
    return (
        f"<member><Target><Id>{target.address}</Id><Port>{target.port}</Port></Target>"
        f"<HealthCheckPort>{target.port}</HealthCheckPort>"
        f"<TargetHealth><State>{target.state}</State>{why}</TargetHealth></member>"
    )
