"""Reading all settings of a stack: from what was found to what the program can rely on, or to every problem at once."""

from __future__ import annotations

from typing import Any, cast, get_args

from naming import Names
from settings import neighbours, place, rollout, session, workflows
from settings.gates import gates
from settings.github import boundary, github
from settings.guest import guest, on_ports
from settings.guest import network as host_network
from settings.model import Architecture, Environment, Shared
from settings.network import network
from settings.node import Fields, Node
from settings.problems import Problem, SettingsError, did_you_mean
from settings.services import NAME, services, variables
from settings.source import Source
from settings.table import SETTINGS, StackKind
from settings.telling import tell
from settings.version import Version, describe

#: Days that CloudWatch keeps logs. https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RETENTION = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
#: The package of our own provider.
PACKAGE = "slipway"
#: Project and stack are part of every name in AWS.
_LONGEST_NAME = 40
#: What names a release or a machine, or what happens before a release, and so is no part of how a place is set up.
_NOT_RECORDED = ("release", "version", "source", "endpoint", "github", "workflows", "tell")


def read(source: Source) -> Shared | Environment:
    """Return the settings of the stack that `source` speaks of. Raises `SettingsError` with all that is wrong."""
    problems: list[Problem] = []
    fields = top_level(source, problems)
    kind = fields["kind"].choice([StackKind.ENVIRONMENT, StackKind.SHARED])
    _names(source, problems)
    _keys(source, fields, problems, shared=kind == StackKind.SHARED)

    region = place.region(Node(f"Pulumi.{source.stack}.yaml", "aws:region", source.aws.get("region"), problems))
    account = place.account(fields["account"])
    domain, certificate = place.domain_and_certificate(fields, region)
    base_image = fields["base_image"].text(r"[\w.:/@-]+", "must be an image reference", "such as python:3.11-slim")
    apps = services(
        fields["services"],
        env=variables(fields["env"]),
        scale=fields["scale"],
        base_image=base_image,
        https=certificate is not None,
        ahead=fields["schema_ahead"].choice(["warn", "refuse"]),
        root=source.root,
    )
    common: dict[str, Any] = {
        "names": Names(project=source.project, stack=source.stack),
        "region": region,
        "account": account,
        "endpoint": place.endpoint(fields["endpoint"], source),
        "protect": fields["protect"].flag(),
        "tags": place.tags(fields["tags"], source),
        "services": apps,
        "registry": place.registry(fields["registry"], source.project, account, region),
        "workflows": workflows.workflows(fields["workflows"]),
    }
    if kind == StackKind.SHARED:
        common["github"] = github(fields["github"], source, common["workflows"].approval)
        common["pullers"] = neighbours.pullers(source, account)
        _stop_if(problems, source)
        return Shared(**common)

    strategy = rollout.strategy(fields["rollout"])
    alarms = rollout.alarms(fields["alarms"])
    if fields["alarms"].ok and any(app.door for app in apps):
        rollout.bakes_long_enough(fields["rollout"], strategy, alarms)
    budget, lasts = session.budget(fields["checks_budget"]), session.session(fields["session"])
    if all(fields[key].ok for key in ("rollout", "checks_budget", "session")) and apps:
        session.fits(fields["rollout"], strategy, apps, budget, lasts)
    together = fields["together"].flag()
    if together and any(app.door for app in apps) and not all(app.door for app in apps):
        rollout.keeps_warm_long_enough(fields["rollout"], strategy)
    retention = fields["log_retention_days"].integer(1, RETENTION[-1])
    if fields["log_retention_days"].ok and retention not in RETENTION:
        near = min(RETENTION, key=lambda days: abs(days - retention))
        fields["log_retention_days"].wrong("must be a number of days that CloudWatch allows", f"the nearest is {near}")
    version = rollout.version(fields["version"])
    visiting = guest(fields, source, account, region, protect=common["protect"])
    if visiting:
        common["services"] = on_ports(apps, visiting, fields["guest"])
    if (node := fields["github"]).value and "github" in source.given:
        node.wrong("has no meaning in a stack of kind environment", "it stands in the shared one's", got="")
    common |= {
        "boundary": boundary(source, account, region),
        "origin": rollout.origin(fields["source"], source),
        "release": rollout.release(fields["release"]),
        "network": host_network(visiting) if visiting else network(fields, source),
        "guest": visiting,
        "database": place.database(fields["database"]),
        "together": together,
        "secrets": place.secrets(fields["secrets"], fields["env"], apps),
        "checks_budget_seconds": budget,
        "session_seconds": lasts,
        "waive": rollout.waive(fields["waive"]),
        "gates": gates(fields["gates"], source, account, region),
        "tell": tell(fields["tell"]),
        "readers": neighbours.readers(source, account),
        "architecture": cast(Architecture, fields["architecture"].choice(get_args(Architecture))),
    }
    common["registry"] = place.registry_of_taken(
        common["registry"], fields["registry"], common["origin"], source, region
    )
    _stop_if(problems, source)
    builds = common["origin"] is None and not common["release"]
    named = Version(version, "")
    if builds:
        found = describe([source.root / app.build.context for app in apps])
        named = Version(version or found.text, found.commit)
    return Environment(
        **common,
        version=named.text,
        commit=named.commit,
        strategy=strategy,
        alarms=alarms,
        domain=domain,
        certificate_arn=certificate,
        log_retention_days=retention,
        plain={key: value for key, value in fields.plain().items() if key not in _NOT_RECORDED} | {"region": region},
    )


def top_level(source: Source, problems: list[Problem]) -> Fields:
    """Return a node for every setting. Of an encrypted one nothing is read: no message may show it."""
    nodes = {}
    for key in SETTINGS:
        hidden = key in source.secret
        value = None if hidden else source.values.get(key)
        nodes[key] = Node(source.file(key), key, value, [] if hidden else problems, source.defaults.get(key))
    return Fields(nodes)


def _names(source: Source, problems: list[Problem]) -> None:
    """Check the names of project and stack, which are part of every name in AWS."""
    project = Node("Pulumi.yaml", "name", source.project, problems)
    stack = Node(f"Pulumi.{source.stack}.yaml", "stack", source.stack, problems)
    if source.project == PACKAGE:
        project.wrong(
            "must differ from our provider's package: the engine would hand it every setting, secrets decrypted",
            "name the project after what it delivers",
        )
    for node in (project, stack):
        node.text(NAME, "must be named with small letters, digits and single hyphens, a letter first")
    if len(source.project) + len(source.stack) > _LONGEST_NAME:
        stack.wrong(
            f"must be shorter: with the project's name at most {_LONGEST_NAME} characters",
            f"{source.project} is one part",
        )


def _keys(source: Source, fields: Fields, problems: list[Problem], *, shared: bool) -> None:
    """Report keys that nobody reads: unknown ones, encrypted ones, and ones that mean nothing to this kind of stack."""
    for key in source.values:
        if key not in SETTINGS:
            hint = "did you mean aws:region?" if key == "region" else did_you_mean(key, SETTINGS)
            problems.append(Problem(source.file(key), key, "unknown", hint=hint))
    for key in sorted(source.secret & set(SETTINGS)):
        hint = "put the value into Secrets Manager and name it in secrets"
        if key == "secrets":
            hint = "a name is none: `pulumi config set --path secrets.VARIABLE NAME --plaintext`"
        problems.append(Problem(source.file(key), key, "must not be encrypted", "a secret", hint))
    for key in source.aws:
        if key != "region":
            rule = "has no effect: the program's own provider takes aws:region only"
            problems.append(
                Problem(f"Pulumi.{source.stack}.yaml", f"aws:{key}", rule, hint=_AWS_HINTS.get(key, "remove it"))
            )
    for key in sorted(source.given & set(SETTINGS)):
        if shared and not SETTINGS[key].shared:
            fields[key].wrong("has no meaning in a stack of kind shared", "remove it", got="")


_AWS_HINTS = {
    "profile": "set the variable AWS_PROFILE",
    "defaultTags": "the setting tags does that",
    "allowedAccountIds": "the setting account does that",
    "endpoints": "the setting endpoint does that",
}


def _stop_if(problems: list[Problem], source: Source) -> None:
    """Raise everything that is wrong."""
    if problems:
        raise SettingsError(source.stack, problems)
