"""`./slipway init`: makes what must exist before the first update, and writes what only the owner knows."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from delivery.errors import DeliveryError
from delivery.founding import Look, Piece
from delivery.founding.bucket import NAME, StateBucket, state_bucket_name
from delivery.founding.key import StateKey
from delivery.founding.linked import LINKED, LinkedRole
from delivery.who import Identity, identity
from ops.answers import Answers, Files, check, edit
from ops.asking import confirm
from ops.bill import Bill, bill, shared, told
from ops.clients import Open, opener
from ops.sizes import size

_CI = "docs/github.md"


@dataclass(frozen=True, slots=True)
class Found:
    """A piece and what was found of it."""

    piece: Piece
    look: Look

    @property
    def act(self) -> str:
        """`make`, `mend` or `adopt`."""
        if not self.look.exists:
            return "make"
        return "mend" if self.look.lacks else "adopt"

    def line(self) -> str:
        """In words."""
        if self.act == "make":
            return f"  + {self.piece.what}: {', '.join(self.piece.will_have)}"
        if self.act == "mend":
            return f"  ~ {self.piece.what}: is there, and gets {', '.join(self.look.lacks)}"
        return f"  = {self.piece.what}: is there and stays as it is"


@click.command(
    epilog="Example: ./slipway init --name shop --region eu-central-1 --build ../backend --domain shop.dev --yes"
)
@click.option("--name", help="Of the project: part of every name in AWS.")
@click.option("--region", help="The AWS region of state and environments.")
@click.option("--account", help="The AWS account of the stacks. Default: that of your credentials.")
@click.option("--build", help="The folder with your Dockerfile, from here.")
@click.option("--port", type=click.IntRange(1, 65535), help="What your container listens on.")
@click.option("--health", help="The path that says whether it is well.")
@click.option("--domain", help="What users type in production. Other environments get <stack>.<domain>.")
@click.option("--certificate-arn", help="The certificate for it, in ACM. Without one: plain HTTP.")
@click.option("-s", "--stack", "chosen", multiple=True, help="Write only this stack's file; may be repeated.")
@click.option("--state-bucket", help="The bucket for Pulumi's state. Default: <project>-pulumi-state-<account>.")
@click.option("--key-alias", help="The alias of the KMS key. Default: alias/<project>.")
@click.option("--releases-a-week", default=5.0, show_default=True, type=click.FloatRange(0), help="For the bill.")
@click.option("--dry-run", is_flag=True, help="Say what would be made and written, and change nothing.")
@click.option("--yes", is_flag=True, help="Ask nothing: flags, and what stands in the files.")
@click.option("--json", "as_json", is_flag=True, help="For programs: the outcome on stdout, all else on stderr.")
def init(chosen: tuple[str, ...], *, dry_run: bool, yes: bool, as_json: bool, **given: Any) -> None:
    """Prepare an account and this checkout for the first `pulumi up`.

    Run it as an administrator. It makes a bucket for Pulumi's state, a KMS key and three roles of AWS's own; adopts
    those that exist; and writes what only you know into Pulumi.yaml and the stack files, whose comments stay. It shows
    all of it, and what a month costs, before it asks. Doing it twice changes nothing.
    """
    files = Files(Path.cwd())
    unknown = sorted(set(chosen) - set(files.stacks))
    if unknown:
        raise click.UsageError(f"-s: no file for {', '.join(unknown)}; there are {', '.join(files.stacks) or 'none'}.")
    answers = _ask(files, given, ask=not yes)
    check(answers, files)
    open_ = opener(answers.region, _endpoint(files))
    who = identity(open_("sts"), os.environ)
    answers = replace(answers, account=answers.account or who.account)
    kept = edit(files, answers, chosen or files.stacks, forced=bool(chosen and given["account"]))
    found, notes = _pieces(files, answers, who, open_, given)
    environments = [stack for stack in files.stacks if files.values(stack).is_environment]
    bills = [bill(size(files.will_be(stack)), given["releases_a_week"]) for stack in environments]
    lines = _preview(answers, who, found, files, [*kept, *notes], bills)
    nothing = all(one.act == "adopt" for one in found) and not files.edits
    if dry_run or nothing:
        for line in lines:
            click.echo(line, err=as_json)
        click.echo("Nothing was changed (--dry-run)." if dry_run else "All of it is there: nothing to do.", err=as_json)
    else:
        confirm(lines, "Make and write this?", yes=yes, as_json=as_json)
        for one in found:
            if one.act != "adopt":
                one.piece.make(one.look)
                click.echo(f"done: {one.piece.what}", err=True)
        files.write()
    _end(files, answers, found, bills, as_json=as_json, dry_run=dry_run)


def _ask(files: Files, given: dict[str, Any], *, ask: bool) -> Answers:
    """Ask what was not given by flags: five questions at most."""

    def answer(flag: str, question: str, default: str) -> str:
        if given[flag] is not None:
            return str(given[flag]).strip()
        if not ask:
            return default
        return str(click.prompt(question, default=default, show_default=bool(default), err=True)).strip()

    regions = [region for stack in files.stacks if (region := files.values(stack).region())]
    name = answer("name", "What is the project called?", files.name)
    region = answer("region", "Which AWS region?", regions[0] if regions else os.environ.get("AWS_REGION", ""))
    service = files.service
    if service is None and given["build"]:
        raise click.UsageError("--build: Pulumi.yaml describes several services, or none: set it there, for each.")
    build = answer("build", "Which folder has your Dockerfile?", str(service[1].get("build") or "")) if service else ""
    domain = answer("domain", "What will users type (empty: the load balancer's own name)?", "")
    certificate = given["certificate_arn"] or ""
    if domain and not certificate:
        certificate = answer("certificate_arn", "The ARN of its certificate (empty: plain HTTP)?", "")
    return Answers(
        name=name,
        account=given["account"] or "",
        region=region,
        build=build,
        port=given["port"],
        health=given["health"],
        domain=domain,
        certificate=certificate,
    )


def _endpoint(files: Files) -> str | None:
    """Where AWS is, if the files or the environment say that it is elsewhere."""
    said = next((str(e) for s in files.stacks if (e := files.values(s).get("endpoint"))), "")
    return said or os.environ.get("AWS_ENDPOINT_URL") or None


def _pieces(
    files: Files, answers: Answers, who: Identity, open_: Open, given: dict[str, Any]
) -> tuple[list[Found], list[str]]:
    """Look at what must exist, in the order in which it is made; and edit where the state is, if nothing says so."""
    alias = given["key_alias"] or f"alias/{answers.name}"
    if not alias.startswith("alias/") or alias.startswith("alias/aws/"):
        raise click.UsageError(f"--key-alias: must begin with alias/ and not with alias/aws/, got {alias}.")
    said = os.environ.get("PULUMI_BACKEND_URL") or files.backend
    bucket, notes = _bucket_of(said, given["state_bucket"] or state_bucket_name(answers.name, who.account))
    if not NAME.fullmatch(bucket or "none"):
        raise click.UsageError(f"--state-bucket: must be 3 to 63 small letters, digits and hyphens, got {bucket}.")
    if given["state_bucket"] and said and bucket != given["state_bucket"]:
        raise DeliveryError(
            f"--state-bucket: {given['state_bucket']}, but the state is kept at {said} already",
            "leave the option out to keep it there; `pulumi stack export` and `import` move a state",
        )
    key = StateKey(open_("kms"), alias, project=answers.name)
    pieces: list[Piece] = [key]
    if bucket:
        pieces.append(StateBucket(open_("s3"), bucket, account=who.account, region=answers.region, key=key))
    pieces += [LinkedRole(open_("iam"), service) for service in LINKED]
    if not said:
        files.set("Pulumi.yaml", ("backend", "url"), None, f"s3://{bucket}?region={answers.region}&awssdk=v2")
    return [Found(piece, piece.look()) for piece in pieces], notes


def _bucket_of(said: str, otherwise: str) -> tuple[str, list[str]]:
    """The bucket of the state, and what there is to say; empty where the state is kept in no bucket of S3."""
    if not said:
        return otherwise, []
    parts = urlsplit(said)
    if parts.scheme == "s3":
        return parts.netloc, []
    kind = "a folder of this machine: it is lost with it" if parts.scheme == "file" else parts.scheme
    return "", [f"  = Pulumi's state: is kept at {said} ({kind}) and stays there"]


def _preview(
    answers: Answers, who: Identity, found: Sequence[Found], files: Files, notes: Sequence[str], bills: Sequence[Bill]
) -> list[str]:
    """Say what will be made, written and paid."""
    lines = [f"In account {who.account}, {answers.region}, as {who.text}:"]
    lines += [one.line() for one in found]
    written = [edit.line() for edit in files.edits] + list(notes)
    if written:
        lines += ["In the files:", *written]
    if answers.name != files.name:
        lines.append(f"  every setting's prefix becomes `{answers.name}:`; do so before the first update only")
    lines.append("A month costs, roughly:")
    for one in bills:
        lines += [f"  {line}" for line in told(one)]
    both = shared(answers.region)
    lines.append(f"  and once for all: {', '.join(f'{line.what} ${line.dollars:.2f}' for line in both)}.")
    lines.append("  Not counted: traffic, databases, taxes.")
    return lines


def _end(
    files: Files, answers: Answers, found: Sequence[Found], bills: Sequence[Bill], *, as_json: bool, dry_run: bool
) -> None:
    """Say what to do next."""
    key = next(one.piece for one in found if isinstance(one.piece, StateKey))
    bucket = next((one.piece.name for one in found if isinstance(one.piece, StateBucket)), "")
    provider = f"awskms://{key.alias}?region={answers.region}"
    order = sorted(files.stacks, key=lambda stack: (files.values(stack).is_environment, _takes(files, stack), stack))
    following = [
        word for s in order for word in (f'pulumi stack init {s} --secrets-provider "{provider}"', f"pulumi up -s {s}")
    ]
    if as_json:
        outcome = {
            "done": not dry_run,
            "pieces": [{"what": one.piece.what, "act": one.act, "lacks": list(one.look.lacks)} for one in found],
            "files": [{"file": e.file, "key": e.key, "before": e.before, "after": e.after} for e in files.edits],
            "state": {"bucket": bucket, "key": key.arn, "secrets_provider": provider},
            "bills": [one.stored() for one in bills],
            "next": following,
        }
        click.echo(json.dumps(outcome, indent=2))
        return
    click.echo("Next:")
    for word in following:
        click.echo(f"  {word}")
    if files.declares("github") and not dry_run:
        click.echo(f"For CI, in the shared stack's `github` ({_CI}): state: {bucket}, state_key: {key.arn}")


def _takes(files: Files, stack: str) -> bool:
    """Whether a stack takes what another one proved, and so comes after it."""
    return str(files.values(stack).get("source") or "build") != "build"
