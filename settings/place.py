"""Reading where a stack is: account, region, registry, names and certificates, secrets, tags."""

from __future__ import annotations

import re

from settings.model import App, Database, Origin, Registry, Secret
from settings.node import Fields, Node
from settings.problems import NOTHING
from settings.services import variable
from settings.source import Source
from settings.table import DATABASE, SECRET, defaults

REGION = r"[a-z]{2}(-[a-z]+)+-\d"
_HOST = r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+"
_REPOSITORY = r"[a-z0-9]+([._-][a-z0-9]+)*(/[a-z0-9]+([._-][a-z0-9]+)*)*"
_REGISTRY_HOST = r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?"
_SECRET_NAME = r"[A-Za-z0-9/_+=.@-]{1,512}"  # noqa: S105 - what the name of one looks like
_SECRET_ARN = rf"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{{12}}:secret:{_SECRET_NAME}"
SECRET_REFERENCE = rf"{_SECRET_ARN}|{_SECRET_NAME}"
#: Fifty tags fit on a resource; ours, and AWS's own on some, need room.
_MOST_TAGS = 40


def region(node: Node) -> str:
    """Read the AWS region."""
    return node.needed(
        REGION, "must be an AWS region", "such as eu-central-1: `pulumi config set aws:region eu-central-1`"
    )


def account(node: Node) -> str:
    """Read the account; its digits get lost where YAML takes them for a number."""
    text = node.text()
    if re.fullmatch(r"\d{12}", text):
        return text
    if re.fullmatch(r"\d{11}", text):
        hint = f'YAML ate a leading zero: write "0{text}", in quotes'
    elif re.fullmatch(r"\d+", text):
        hint = "YAML reads it as a number: write it in quotes"
    else:
        hint = "`aws sts get-caller-identity` shows it"
    node.wrong("must be twelve digits", hint)
    return ""


def registry(node: Node, project: str, own_account: str, own_region: str) -> Registry:
    """Read where images are: the shared stack's repositories, or ones that exist."""
    text = node.text()
    if not text:
        return Registry(account=own_account, prefix=project, owned=True)
    found = re.fullmatch(rf"({_REGISTRY_HOST}(/|$))?(?P<prefix>{_REPOSITORY})?", text)
    if not found:
        node.wrong(
            "must be a prefix of repositories that exist",
            "such as acme, or 111122223333.dkr.ecr.eu-central-1.amazonaws.com/acme, for acme/<service>",
        )
        return Registry(account=own_account, prefix=project, owned=False)
    if found["region"] and own_region and found["region"] != own_region:
        node.wrong(f"must be in the stack's region, {own_region}", "replicate the repositories there")
    return Registry(account=found["account"] or own_account, prefix=found["prefix"] or project, owned=False)


def registry_of_taken(own: Registry, node: Node, origin: Origin | None, source: Source, own_region: str) -> Registry:
    """Return where images that are taken are, if the setting does not say: where the place they come from keeps them.

    Of a place in another region, or with a registry of somebody else's, that cannot be known.
    """
    if node.value or origin is None or origin.region != own_region or source.stacks[origin.stack].get("registry"):
        return own
    return Registry(account=origin.account, prefix=own.prefix, owned=own.owned)


def domain_and_certificate(fields: Fields, own_region: str) -> tuple[str, str | None]:
    """Read the name that users type and the certificate for it."""
    domain = fields["domain"].text(_HOST, "must be a host name", "such as staging.shop.dev, without https://")
    certificate = fields["certificate_arn"]
    arn = certificate.text(
        r"arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[A-Za-z0-9-]+",
        "must be the ARN of a certificate in ACM",
        "`aws acm list-certificates` shows it; leave it out for HTTP",
    )
    if arn and certificate.ok and own_region and arn.split(":")[3] != own_region:
        certificate.wrong(f"must be in the stack's region, {own_region}", "a load balancer takes no other")
    if arn and not domain and fields["domain"].ok:
        fields["domain"].wrong("must be set where certificate_arn is", "the certificate is for that name")
    return domain, arn or None


def secrets(node: Node, env: Node, apps: tuple[App, ...]) -> tuple[Secret, ...]:
    """Read which variables come from Secrets Manager. A variable has one meaning: it is not in any `env` too."""
    plain = {name for app in apps for name in app.env} | set(env.object())
    found = []
    for name, item in node.object().items():
        variable(item, name)
        if name in plain:
            item.wrong("must not be an environment variable too", f"remove {name} from env", got="")
        pinned = True
        if isinstance(item.value, dict):
            fields = item.fields(defaults(SECRET))
            pinned = fields["version"].choice(["pin", "latest"]) == "pin"
            item = fields["secret"]
        text = item.value if isinstance(item.value, str) else ""
        match = re.fullmatch(rf"(?P<arn>{_SECRET_ARN})?(?P<name>{_SECRET_NAME})?(:(?P<key>[^:\s]+))?(::)?", text)
        if match is None or not (match["arn"] or match["name"]):
            # Whoever writes the secret itself here finds it in no message.
            item.wrong(
                "must be the name or the ARN of a secret in Secrets Manager",
                "such as shop/staging/db, or shop/staging/db:password for one key of it",
                got="what looks like a value" if text else NOTHING,
            )
        elif item.ok:
            found.append(
                Secret(variable=name, name=match["name"], arn=match["arn"], key=match["key"] or "", pinned=pinned)
            )
    return tuple(found)


def database(node: Node) -> Database | None:
    """Read which database the tasks are let into; None where the setting is empty."""
    if not node.value:
        return None
    fields = node.fields(defaults(DATABASE))
    if not node.ok:
        return None
    group = fields["security_group"].needed(
        r"sg-[0-9a-f]{8}([0-9a-f]{9})?", "must be the id of the database's security group", "such as sg-0a1b2c3d"
    )
    return Database(security_group=group, port=fields["port"].integer(1, 65535))


def tags(node: Node, source: Source) -> dict[str, str]:
    """Read the tags of every resource; which project and stack it belongs to is always among them."""
    own = {"project": source.project, "stack": source.stack, "managed-by": "pulumi"}
    given = node.object()
    for name, item in given.items():
        if not re.fullmatch(r"[\w.:/=+@ -]{1,128}", name) or name.lower().startswith("aws:"):
            item.wrong("must be a tag's name: at most 128 letters, digits and . : / = + @ - _, not beginning with aws:")
        elif name in own:
            item.wrong("must be another name: Slipway sets this tag itself")
    if len(given) > _MOST_TAGS:
        node.wrong(f"must be at most {_MOST_TAGS} tags", got=f"{len(given)}")
    return own | {
        name: item.text(
            r"[\w.:/=+@ -]{0,256}", "must be a tag's value: at most 256 letters, digits and . : / = + @ - _"
        )
        for name, item in given.items()
    }


def endpoint(node: Node, source: Source) -> str | None:
    """Read where AWS is: the setting, else the variable that AWS's own tools read."""
    text = node.text(r"https?://\S+", "must be a URL", "such as http://127.0.0.1:4566; leave it out for AWS")
    return text or source.variables.get("AWS_ENDPOINT_URL") or None
