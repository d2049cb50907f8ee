"""The doctor: finds nothing where all is well; then people break things by hand, and each is found and mended."""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rehearsal.command import Finished, Hand
from rehearsal.errors import RehearsalError
from rehearsal.stage import aws_cli
from rehearsal.stage.workspace import STAGING
from rehearsal.story.play import Play
from rehearsal.story.roles.taking import become

WHY = (
    "`./slipway doctor` looks at what a release needs before it is needed. People change things in the console: it "
    "must name each, with what mends it, and be silent again once that was done."
)
ROLE = "rehearsal-operator"
#: What is worth knowing of every rehearsal, and no problem: its state is a folder, the engine may be of the machine's
#: own making, and AWS's own roles are made by `./slipway init`, which was not needed.
KNOWN = {"state", "versions", "roles"}
ELSEWHERE = "elsewhere"
#: Seconds of the wall in which an alarm must have data that was made again.
PATIENCE = 90.0
#: No process has such a number: https://man7.org/linux/man-pages/man5/proc_sys_kernel.5.html (pid_max).
NOBODY = 2**22 + 1
ALLOWED: Mapping[str, Any] = {"Effect": "Allow", "Action": "*", "Resource": "*"}
DENIED: Mapping[str, Any] = {"Effect": "Deny", "Action": "codedeploy:CreateDeployment", "Resource": "*"}


@dataclass(frozen=True)
class Broken:
    """One thing that people break.

    what: they do, in words; check, says: which question finds it, and a part of what it says; fix: a part of the way
    out.
    """

    what: str
    check: str
    says: str
    fix: str
    act: Callable[[], object]


@dataclass(frozen=True)
class Answer:
    """What the doctor said."""

    code: int
    findings: Sequence[Mapping[str, str]]

    def of(self, level: str) -> list[Mapping[str, str]]:
        """The findings of a level."""
        return [one for one in self.findings if one["level"] == level]


def play(play: Play) -> None:
    """Ask where all is well, break, ask, mend as it says, ask again."""
    iam = play.stage.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    arn = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName=ROLE, PolicyName="all", PolicyDocument=_policy(ALLOWED))
    variables = {**play.hand.environment, **become(play.stage, arn).variables}
    hand = Hand(play.hand.home, play.hand.notebook, variables, play.hand.folder)
    try:
        _well(play, _ask(play, hand))
        broken = _all(play)
        for one in broken:
            play.console.say(f"By hand: {one.what}.")
            one.act()
        answer = _ask(play, hand)
        fixes = _found(play, answer, broken)
        _mend(play, fixes)
        iam.put_role_policy(RoleName=ROLE, PolicyName="all", PolicyDocument=_policy(ALLOWED))
        _well(play, _settled(play, hand))
    finally:
        iam.delete_role_policy(RoleName=ROLE, PolicyName="all")
        iam.delete_role(RoleName=ROLE)
    play.notes.findings.append(f"`./slipway doctor` found {len(broken)} things broken by hand, and none after mending")


def _all(play: Play) -> list[Broken]:
    """What is broken."""
    stage, name = play.stage, play.stage.project.service
    ec2, elbv2 = stage.client("ec2"), stage.client("elbv2")
    codedeploy, cloudwatch, iam = stage.client("codedeploy"), stage.client("cloudwatch"), stage.client("iam")
    ground = json.loads(_object(play, "services.json"))["services"]
    service = next(one for one in ground if one["name"] == name)
    (group,) = service["security_groups"]
    found = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    rules = [rule["SecurityGroupRuleId"] for rule in found if not rule["IsEgress"]]
    balancer = elbv2.describe_load_balancers(LoadBalancerArns=[service["load_balancer"]])["LoadBalancers"][0]

    def elsewhere() -> None:
        made = elbv2.create_target_group(
            Name=ELSEWHERE, Protocol="HTTP", Port=80, VpcId=balancer["VpcId"], TargetType="ip"
        )
        to = {"Type": "forward", "TargetGroupArn": made["TargetGroups"][0]["TargetGroupArn"]}
        elbv2.modify_listener(ListenerArn=service["test_listener"], DefaultActions=[to])

    def handed_over() -> None:
        codedeploy.update_deployment_group(
            applicationName=service["application"],
            currentDeploymentGroupName=service["deployment_group"],
            blueGreenDeploymentConfiguration={
                "deploymentReadyOption": {"actionOnTimeout": "CONTINUE_DEPLOYMENT", "waitTimeInMinutes": 0},
                "terminateBlueInstancesOnDeploymentSuccess": {
                    "action": "TERMINATE",
                    "terminationWaitTimeInMinutes": 5,
                },
            },
        )

    alarm = service["alarms"][0]
    again = f"pulumi up --refresh -s {STAGING}"
    return [
        Broken(
            f"the rule by which the load balancer reaches {name}'s tasks is removed from {group}",
            "drift",
            f"{name}: no rule of {group} lets the load balancer in on port {service['port']}",
            again,
            lambda: ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=rules),
        ),
        Broken(
            "the listener for checks is sent to another target group",
            "drift",
            f"{name}: its listener for checks sends traffic to {ELSEWHERE}, which is not its own",
            "aws elbv2 modify-listener",
            elsewhere,
        ),
        Broken(
            f"the alarm {alarm} is deleted",
            "alarms",
            f"{alarm} does not exist",
            again,
            lambda: cloudwatch.delete_alarms(AlarmNames=[alarm]),
        ),
        Broken(
            "the deployment group no longer waits for checks",
            "parts",
            "does not wait for checks",
            again,
            handed_over,
        ),
        Broken(
            "an update was killed, and its lock stays",
            "lock",
            f"process {NOBODY} is gone",
            f"./slipway unlock -s {STAGING}",
            lambda: _lock(play),
        ),
        Broken(
            f"{ROLE} may not create deployments any more",
            "permissions",
            "may not do what a release does: codedeploy:CreateDeployment",
            "a policy denies it",
            lambda: iam.put_role_policy(RoleName=ROLE, PolicyName="all", PolicyDocument=_policy(ALLOWED, DENIED)),
        ),
    ]


def _lock(play: Play) -> None:
    """Leave a lock as the engine writes it."""
    folder = play.stage.home.state / ".pulumi" / "locks" / "organization" / play.stage.project.name / STAGING
    folder.mkdir(parents=True, exist_ok=True)
    held = {
        "pid": NOBODY,
        "username": "ada",
        "hostname": socket.gethostname(),
        "timestamp": f"{datetime.now(UTC):%FT%TZ}",
    }
    (folder / "0f1e2d3c.json").write_text(json.dumps(held))


def _mend(play: Play, fixes: Sequence[str]) -> None:
    """Do what the doctor says, each command once, the lock first: nothing else goes on beside it."""
    aws = aws_cli.ensure(play.hand, play.console)
    commands = dict.fromkeys(fix.split("`")[1] for fix in fixes if "`" in fix)
    for command in sorted(commands, key=lambda one: not one.startswith("./slipway unlock")):
        play.console.command(command)
        hand, typed = play.hand, [*command.split(), "--yes", "--skip-preview"]
        if command.startswith("./slipway"):
            typed = [sys.executable, "-m", "ops", *command.split()[1:], "--yes"]
        elif command.startswith("aws"):
            hand, typed = aws, ["sh", "-c", command]
        with play.console.working(command.split()[1]):
            hand.run(typed, name="mend", shown=command).needed(f"`{command}` should have mended it")
    elbv2 = play.stage.client("elbv2")
    for group in elbv2.describe_target_groups(Names=[ELSEWHERE])["TargetGroups"]:
        elbv2.delete_target_group(TargetGroupArn=group["TargetGroupArn"])


def _settled(play: Play, hand: Hand) -> Answer:
    """Ask until the alarm that was made again has data."""
    limit = time.monotonic() + PATIENCE
    while True:
        answer = _ask(play, hand)
        if time.monotonic() > limit or all(one["check"] != "alarms" for one in answer.of("warning")):
            return answer
        time.sleep(5)


def _ask(play: Play, hand: Hand) -> Answer:
    """Type `./slipway doctor`."""
    shown = f"./slipway doctor -s {STAGING} --json"
    play.console.command(shown)
    with play.console.working("Looking at everything"):
        words = [sys.executable, "-m", "ops", "doctor", "--stack", STAGING, "--json"]
        done = hand.run(words, name="doctor", shown=shown, apart=True)
    return Answer(done.code, _read(done))


def _read(done: Finished) -> list[dict[str, str]]:
    try:
        found: list[dict[str, str]] = json.loads(done.output)["findings"]
    except (ValueError, KeyError):
        raise RehearsalError("the doctor should have told what it found.", f"its log is {done.log}.") from None
    return found


def _well(play: Play, answer: Answer) -> None:
    """See that it finds nothing, but for what every rehearsal has."""
    wrong = [one for one in answer.findings if one["level"] != "ok" and one["check"] not in KNOWN]
    if answer.code or wrong:
        said = "; ".join(f"{one['check']}: {one['what']}" for one in wrong)
        raise RehearsalError(f"nothing should be found, exit code 0: got {answer.code}: {said}.", "its log says more.")
    play.console.good(f"nothing to mend: {len(answer.of('ok'))} things are as they should be")


def _found(play: Play, answer: Answer, broken: Sequence[Broken]) -> list[str]:
    """See that it finds each thing and nothing else, with its fix; return the fixes."""
    problems = answer.of("problem")
    fixes = []
    for one in broken:
        found = [it for it in problems if it["check"] == one.check and one.says in it["what"] and one.fix in it["fix"]]
        if len(found) != 1:
            told = "\n".join(f"{it['check']}: {it['what']} → {it['fix']}" for it in problems)
            raise RehearsalError(f"{one.what}: the doctor should say so.\n{told}", "its log says more.")
        play.console.quote([f"{one.check}: {found[0]['what']}", f"→ {found[0]['fix']}"])
        fixes.append(found[0]["fix"])
    if len(problems) != len(broken) or answer.code != 1:
        told = "; ".join(it["what"] for it in problems)
        raise RehearsalError(f"it should find {len(broken)} things, exit code 1: got {answer.code}: {told}.", "")
    play.console.good(f"found: {len(problems)} things, each with its fix; exit code 1")
    return fixes


def _object(play: Play, key: str) -> bytes:
    project, account = play.stage.project.name, play.stage.emulator.account
    body: bytes = (
        play.stage.client("s3").get_object(Bucket=f"{project}-{STAGING}-releases-{account}", Key=key)["Body"].read()
    )
    return body


def _policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
