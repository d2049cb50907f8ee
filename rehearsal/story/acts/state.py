"""Pulumi's state in a bucket, encrypted by a key: made by `init`, damaged, lost, restored; a project in two layouts."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rehearsal.command import Finished, Hand
from rehearsal.errors import RehearsalError
from rehearsal.stage.application import FIRST_VERSION, IDENTITY, Application
from rehearsal.stage.workspace import SHARED, STAGING, lay_out
from rehearsal.story.acts.github import changes
from rehearsal.story.play import Play
from rehearsal.story.pulumi import Pulumi

WHY = (
    "`./slipway init` makes the bucket and the key, as a user does it; the engine keeps its state there. Then the "
    "state is cut in half, and deleted, and comes back from the bucket's versions. S3 and KMS are emulated; the engine "
    "is real."
)
#: What a rehearsal else says by variables: where the state is, and what it is encrypted with.
SAID = ("PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE")
#: The smallest application: its build needs nothing of the network, and fails where the folder is not the right one.
APPLICATION = {"Dockerfile": "FROM scratch\nCOPY greeting /\n", "greeting": "hello\n", "VERSION": f"{FIRST_VERSION}\n"}
#: So many releases are written down, and so long listing the newest may take after start-up, in seconds of the wall.
RELEASES, MOST_SECONDS = 1000, 1.0
#: What an image's build must not get, where the program lies in the application's folder.
LEFT_OUT = "infra\n"


def play(play: Play) -> None:
    """Prepare the account, make the shared stack, damage its state twice and restore it; try two layouts; tidy up."""
    kept = {name: value for name, value in play.stage.environment.items() if name not in SAID}
    play.stage = replace(play.stage, environment=kept)
    play.__post_init__()
    told = _init(play)
    bucket, provider = str(told["state"]["bucket"]), str(told["state"]["secrets_provider"])
    _begin(play.hand, play, SHARED, provider)
    play.pulumi.set(SHARED, play.key("protect"), "false")
    update = play.pulumi.up(SHARED, "the registry", what="Making what environments share")
    update.done.needed("the shared stack could not be made")
    before = _known(play)
    play.notes.resources = {SHARED: len(before)}
    _encrypted(play, bucket, provider)
    s3, key = play.stage.client("s3"), f".pulumi/stacks/{play.stage.project.name}/{SHARED}.json"
    whole = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    s3.put_object(Bucket=bucket, Key=key, Body=whole[: len(whole) // 2])
    play.console.say(f"In the bucket, by hand: {SHARED}.json is cut in half.")
    _restored(play, before, "cut in half")
    s3.delete_object(Bucket=bucket, Key=key)
    play.console.say(f"In the bucket, by hand: {SHARED}.json is deleted.")
    _restored(play, before, "deleted")
    _layouts(play, provider)
    _thousand(play)
    play.pulumi.destroy(SHARED).done.needed("the shared stack could not be removed")
    _copy(s3, bucket, play.stage.home.state)


def _init(play: Play) -> dict[str, Any]:
    """Run `./slipway init` as a user does, and once more; return what it tells programs."""
    made = _slipway(play, play.hand, "init", "--yes").needed("the account could not be prepared")
    again = _slipway(play, play.hand, "init", "--yes", "--json", apart=True).needed("a second `init` failed")
    told: dict[str, Any] = json.loads(again.output)
    if [piece for piece in told["pieces"] if piece["act"] != "adopt"] or told["files"]:
        raise RehearsalError("a second `./slipway init` should find nothing to do.", f"its log is {again.log}.")
    pieces = len(told["pieces"])
    _found(
        play,
        f"`./slipway init` makes {pieces} things in {made.seconds:.0f} s; a second one finds all of them and stops",
    )
    return told


def _begin(hand: Hand, play: Play, stack: str, provider: str) -> None:
    """Make a stack, with the words that `init` gives."""
    shown = f'pulumi stack init {stack} --secrets-provider "{provider}"'
    play.console.command(shown)
    words = ["pulumi", "stack", "init", stack, "--secrets-provider", provider]
    hand.run(words, name=f"init-{stack}", shown=shown).needed(f"the stack {stack} could not be made")


def _encrypted(play: Play, bucket: str, provider: str) -> None:
    """See that the state needs the key: with it switched off nothing can be read."""
    s3, kms = play.stage.client("s3"), play.stage.client("kms")
    versions = s3.list_object_versions(Bucket=bucket).get("Versions", [])
    rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    by = rule["ApplyServerSideEncryptionByDefault"]
    alias = f"alias/{play.stage.project.name}"
    arn = kms.describe_key(KeyId=alias)["KeyMetadata"]["Arn"]
    if (by["SSEAlgorithm"], by.get("KMSMasterKeyID")) != ("aws:kms", arn):
        raise RehearsalError(f"the bucket should be encrypted by {arn}, and says {by}.", f"see {play.stage.home.logs}.")
    settings = (play.stage.home.workspace / f"Pulumi.{SHARED}.yaml").read_text()
    if provider not in settings or "encryptedkey:" not in settings:
        raise RehearsalError(f"Pulumi.{SHARED}.yaml should name {alias}.", "look at it: `pulumi stack init` writes it.")
    kms.disable_key(KeyId=arn)
    play.console.say(f"In KMS, by hand: {alias} is disabled.")
    try:
        refused = play.pulumi.preview(SHARED, what="Trying without the key")
    finally:
        kms.enable_key(KeyId=arn)
    if refused.code == 0:
        raise RehearsalError("without the key a preview should fail.", f"its log is {refused.log}.")
    play.console.refused(f"without the key nothing is read: {reason(refused)}")
    _found(play, f"the state lies in a bucket with {len(versions)} versions, and is read with {alias} alone")


def _restored(play: Play, before: Mapping[str, str], how: str) -> None:
    """See that the engine refuses, take the state back as a person does, and see that nothing is to be done."""
    refused = play.pulumi.preview(SHARED, what="Trying without a state")
    if refused.code == 0:
        raise RehearsalError(f"with its state {how} a preview should fail.", f"its log is {refused.log}.")
    play.console.refused(f"the engine goes no further: {reason(refused)}")
    _slipway(play, play.hand, "restore-state", "-s", SHARED, "--dry-run").needed("the versions could not be shown")
    done = _slipway(play, play.hand, "restore-state", "-s", SHARED, "--yes").needed("the state was not restored")
    play.console.quote([line.text for line in done.lines if line.text.startswith(("To be restored", "Restored"))])
    compared = play.pulumi.preview(SHARED, "--refresh", "--expect-no-changes", what="Comparing state and world")
    compared.needed("a preview should propose nothing")
    play.notes.last_preview_changes = len(changes(compared))
    after = _known(play)
    if changes(compared) or after != before:
        raise RehearsalError(f"after {how} the state should know what it knew.", f"its log is {compared.log}.")
    _found(play, f"a state that was {how} is restored in {done.seconds:.1f} s: {len(after)} resources by the same ids")


def _layouts(play: Play, provider: str) -> None:
    """Preview staging with the program beside the application, and inside its repository."""
    root = play.stage.home.root
    source = root / "smallest"
    source.mkdir()
    for name, text in APPLICATION.items():
        (source / name).write_text(text)
    created = {}
    for layout, application, program, build in (
        ("beside", root / "beside" / "app", root / "beside" / "infra", "../app"),
        ("inside", root / "inside", root / "inside" / "infra", ".."),
    ):
        application.parent.mkdir(exist_ok=True)
        Application(application).begin(source, FIRST_VERSION)
        lay_out(program)
        play.console.say(f"{layout}: the application in {application.relative_to(root)}, "
                         f"the program in {program.relative_to(root)}.")  # fmt: skip
        created[layout] = _previewed(play, provider, application, program, build)
    if len(set(created.values())) != 1:
        raise RehearsalError(f"both layouts should have the same resources: {created}.", "compare the previews' logs.")
    count = next(iter(created.values()))
    _found(play, f"the program beside the application, and inside its repository: staging is {count} resources in both")


def _previewed(play: Play, provider: str, application: Path, program: Path, build: str) -> int:
    """Preview staging of a project; return how many resources it would make."""
    hand = Hand(play.hand.home, play.hand.notebook, play.hand.environment, program)
    _slipway(play, hand, "init", "--yes", "--build", build).needed("the application's folder could not be set")
    _begin(hand, play, STAGING, provider)
    if program.is_relative_to(application):
        (application / ".dockerignore").write_text(LEFT_OUT)
    _commit(hand, application)
    done = Pulumi(hand, play.console).preview(STAGING, what="Previewing staging").needed("staging has no preview")
    found = [name for name, change in changes(done).items() if change == "create"]
    words = ["pulumi", "stack", "rm", STAGING, "--yes", "--preserve-config"]
    hand.run(words, name="stack-rm").needed("the stack could not be removed")
    return len(found)


def _thousand(play: Play) -> None:
    """Write a thousand releases down, as docs/records.md describes them, and list the newest ones."""
    project, account = play.stage.project.name, play.stage.emulator.account
    s3, bucket = play.stage.client("s3"), f"{project}-{STAGING}-releases-{account}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": play.stage.emulator.region})

    def write(number: int) -> None:
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=number)
        record = _record(number, at)
        key = f"releases/{at:%Y%m%dT%H%M%SZ}-{record['id']}.json"
        s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(record).encode())

    with play.console.working(f"Writing {RELEASES} releases down"), ThreadPoolExecutor(8) as hands:
        list(hands.map(write, range(RELEASES)))
    # Its start-up is Python's and the packages': what `--help` takes.
    started = min(_slipway(play, play.hand, "history", "--help").needed("no help").seconds for _ in range(3))
    listed = [_slipway(play, play.hand, "history", "-s", STAGING).needed("no history") for _ in range(3)]
    if f"1.{RELEASES - 1}.0" not in listed[0].output:
        raise RehearsalError("the newest release should be listed.", f"its log is {listed[0].log}.")
    took = min(done.seconds for done in listed) - started
    if took >= MOST_SECONDS:
        raise RehearsalError(f"listing took {took:.2f} s after start-up: at most {MOST_SECONDS:g}.", "try it alone.")
    _found(play, f"of {RELEASES} releases the newest are listed {max(took, 0):.2f} s after start-up ({started:.2f} s)")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": one["Key"]} for one in page["Contents"]]})
    s3.delete_bucket(Bucket=bucket)


def _record(number: int, at: datetime) -> dict[str, Any]:
    served = {
        "image": f"111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop/api@sha256:{number:064x}",
        "task_definition": f"arn:aws:ecs:eu-central-1:111122223333:task-definition/shop-staging-api:{number + 1}",
    }
    return {
        "schema": 1,
        "id": f"{number:08x}",
        "environment": STAGING,
        "version": f"1.{number}.0",
        "commit": f"{number:040x}",
        "source": "build",
        "services": {"api": served},
        "from": {},
        "result": "succeeded",
        "cause": "",
        "who": "ada",
        "why": "",
        "started": f"{at:%FT%TZ}",
        "finished": f"{at + timedelta(minutes=9):%FT%TZ}",
        "seconds": {"gates": 1.0, "provision": 60.0, "checks": 2.0, "shift": 300.0, "bake": 120.0, "total": 483.0},
        "deployments": {"api": f"d-{number:09X}"},
        "overrides": [],
        "settings_hash": "0de0953c8806",
        "settings": {"services": {"api": {"port": 8000, "health": "/health"}}, "env": {"NUMBER": str(number)}},
    }


def _commit(hand: Hand, application: Path) -> None:
    """Commit what lies in an application's repository, and name it as the first release."""
    git = Hand(hand.home, hand.notebook, {**hand.environment, **IDENTITY}, application)
    steps: Sequence[list[str]] = (
        ["add", "--all"],
        ["commit", "--quiet", "--allow-empty", "--message", "The program"],
        ["tag", "--force", f"v{FIRST_VERSION}"],
    )
    for words in steps:
        git.run(["git", *words], name="git").needed("the application's repository could not be committed to")


def _slipway(play: Play, hand: Hand, *words: str, apart: bool = False) -> Finished:
    """Run a verb, shown as it is typed."""
    shown = " ".join(["./slipway", *words])
    play.console.command(shown)
    with play.console.working(words[0]):
        return hand.run([sys.executable, "-m", "ops", *words], name=words[0], shown=shown, apart=apart)


def _known(play: Play) -> dict[str, str]:
    """Return what the shared stack's state knows: URN -> id."""
    asked = play.hand.run(["pulumi", "stack", "export", "--stack", SHARED], name="export", apart=True)
    state = json.loads(asked.needed("the state could not be exported").output)
    return {one["urn"]: one.get("id", "") for one in state["deployment"]["resources"]}


def _copy(s3: Any, bucket: str, folder: Path) -> None:
    """Copy every version of everything in the bucket to where a rehearsal searches for secrets."""
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
    for one in (one for page in pages for one in page.get("Versions", [])):
        body = s3.get_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])["Body"].read()
        (folder / f"{one['Key'].replace('/', '_')}-{one['VersionId']}").write_bytes(body)


def reason(done: Finished) -> str:
    """Return the first line in which the engine says what is wrong; where it says nothing, that."""
    told = (line.strip().removeprefix("error: ") for line in done.output.splitlines() if "error: " in line)
    return next(told, "it does not say why")


def _found(play: Play, text: str) -> None:
    """Tell something that was proved, and keep it for the report."""
    play.console.good(text)
    play.notes.findings.append(text)
