"""What only the owner knows: asked for, or given by flags, and written into the project's files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from delivery.errors import DeliveryError
from ops.edits import put, renamed
from ops.place import project_file, read
from ops.sizes import Values, stacks, values

#: AWS's account for examples, which the files are shipped with.
EXAMPLE_ACCOUNT = "111122223333"
EXAMPLE_BUILD = "example/backend"
#: What project and stacks may be called: both are part of every name in AWS.
NAME = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
_REGION = r"[a-z]{2}(-[a-z]+)+-\d"
_HOST = r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+"
_CERTIFICATE = r"arn:aws[a-z-]*:acm:(?P<region>[a-z0-9-]+):\d{12}:certificate/[A-Za-z0-9-]+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the owner says.

    name: of the project. account: of the stacks whose own is not known. build: the folder with the Dockerfile; port,
    health: what is there listens on, and the path that says it is well; None leaves them. domain: what users type in
    production; certificate: its ARN. Empty: none.
    """

    name: str
    account: str
    region: str
    build: str
    port: int | None = None
    health: str | None = None
    domain: str = ""
    certificate: str = ""


@dataclass(frozen=True, slots=True)
class Edit:
    """One value of a file: what it was, what it will be."""

    file: str
    key: str
    before: Any
    after: Any

    def line(self) -> str:
        """In words."""
        before = "" if self.before is None else f"{self.before} → "
        return f"  {self.file}  {self.key}: {before}{self.after}"


class Files:
    """The project's files, with edits that are not written yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._project = project_file(folder)
        self._texts: dict[str, str] = {}
        self.name = str(self._project.get("name", ""))
        self.edits: list[Edit] = []

    @property
    def stacks(self) -> list[str]:
        """The stacks that have a file."""
        return stacks(self.folder)

    def values(self, stack: str) -> Values:
        """The settings of a stack, as they are written now."""
        return values(stack, self.folder)

    @property
    def backend(self) -> str:
        """Where `Pulumi.yaml` says that the state is; empty where it does not."""
        declared = self._project.get("backend")
        return str(declared.get("url") or "") if isinstance(declared, dict) else ""

    def declares(self, key: str) -> bool:
        """Whether `Pulumi.yaml` declares a setting."""
        return key in (self._project.get("config") or {})

    @property
    def service(self) -> tuple[str, dict[str, Any]] | None:
        """The one service that `Pulumi.yaml` describes; None where it describes none or several."""
        declared = (self._project.get("config") or {}).get("services")
        found = declared.get("default") if isinstance(declared, dict) else None
        if not isinstance(found, dict) or len(found) != 1:
            return None
        ((name, fields),) = found.items()
        return (str(name), fields) if isinstance(fields, dict) else None

    def text(self, file: str) -> str:
        """A file with the edits so far."""
        if file not in self._texts:
            self._texts[file] = (self.folder / file).read_text()
        return self._texts[file]

    def set(self, file: str, path: Sequence[str], before: Any, after: Any) -> None:
        """Edit one value; nothing where it is so already."""
        if before == after:
            return
        self._texts[file] = put(self.text(file), path, after, file)
        self.edits.append(Edit(file, path[-1], before, after))

    def rename(self, name: str) -> None:
        """Call the project another name, with the prefix of every setting."""
        if name == self.name:
            return
        self.set("Pulumi.yaml", ("name",), self.name, name)
        for stack in self.stacks:
            file = f"Pulumi.{stack}.yaml"
            self._texts[file] = renamed(self.text(file), "config", self.name, name, file)

    def key(self, name: str, setting: str, own: Values) -> str:
        """How a stack's file calls a setting: bare where it does so already. name: the project's new one."""
        return setting if own.bare(setting) else f"{name}:{setting}"

    def write(self) -> None:
        """Write what was edited."""
        for file, text in self._texts.items():
            path = self.folder / file
            if path.read_text() != text:
                path.write_text(text)

    def will_be(self, stack: str) -> Values:
        """The settings of a stack as they will be."""
        project = read(self.text("Pulumi.yaml"))
        own = read(self.text(f"Pulumi.{stack}.yaml")) or {}
        return Values(stack, project, own.get("config") or {})


def check(answers: Answers, files: Files) -> None:
    """Refuse what the settings would refuse. Raises `DeliveryError`."""

    def refuse(flag: str, rule: str, got: str, fix: str) -> None:
        raise DeliveryError(f"--{flag}: must be {rule}, got {got!r}", fix)

    if not re.fullmatch(NAME, answers.name) or answers.name == "slipway":
        rule = "small letters, digits and single hyphens, a letter first, and not slipway, our provider's name"
        refuse("name", rule, answers.name, "name the project after what it delivers, such as shop")
    if not re.fullmatch(_REGION, answers.region):
        refuse("region", "an AWS region", answers.region, "such as eu-central-1")
    if answers.account and not re.fullmatch(r"\d{12}", answers.account):
        refuse("account", "twelve digits", answers.account, "`aws sts get-caller-identity` shows it")
    if answers.domain and not re.fullmatch(_HOST, answers.domain):
        refuse("domain", "a host name", answers.domain, "such as shop.dev, without https://")
    if answers.certificate:
        listed = f"`aws acm list-certificates --region {answers.region}` shows those that a load balancer there takes"
        found = re.fullmatch(_CERTIFICATE, answers.certificate)
        if not found:
            refuse("certificate-arn", "the ARN of a certificate in ACM", answers.certificate, listed)
        elif found["region"] != answers.region:
            refuse("certificate-arn", f"in {answers.region}", found["region"], listed)
        elif not answers.domain:
            refuse("domain", "given with --certificate-arn", "", "the certificate is for that name")
    fields = files.service[1] if files.service else {}
    recipe = str(fields.get("dockerfile") or "Dockerfile")
    if answers.build != str(fields.get("build") or "") and not (files.folder / answers.build / recipe).is_file():
        refuse("build", f"a folder with a {recipe}", answers.build, "give its path from here, such as ../backend")


def edit(files: Files, answers: Answers, chosen: Sequence[str], *, forced: bool) -> list[str]:
    """Edit the files of the chosen stacks, and return what was left as it is, in words.

    forced: write the account even where a file names another one.
    """
    kept: list[str] = []
    files.rename(answers.name)
    _service(files, answers)
    environments = [stack for stack in files.stacks if files.values(stack).is_environment]
    for stack in chosen:
        own = files.values(stack)
        file = f"Pulumi.{stack}.yaml"

        def set_(setting: str, value: str, own: Values = own, file: str = file) -> None:
            key = files.key(answers.name, setting, own)
            files.set(file, ("config", key), own.written(setting), value)

        there = str(own.written("account") or "")
        if there in ("", EXAMPLE_ACCOUNT, answers.account) or forced:
            set_("account", answers.account)
        else:
            kept.append(f"  {file}  account: stays {there}; `-s {stack} --account {answers.account}` would change it")
        files.set(file, ("config", "aws:region"), own.region() or None, answers.region)
        if own.is_environment and answers.domain:
            set_("domain", _domain(stack, own, answers.domain, environments))
            if answers.certificate:
                set_("certificate_arn", answers.certificate)
    return kept


def _domain(stack: str, own: Values, domain: str, environments: Sequence[str]) -> str:
    """The name of a place: the domain itself where releases end, `<stack>.<domain>` where they are built."""
    last = len(environments) == 1 or str(own.get("source") or "build") != "build"
    return domain if last else f"{stack}.{domain}"


def _service(files: Files, answers: Answers) -> None:
    """Write what is built. An application that is not the example has not its checks either."""
    if files.service is None:
        return
    name, fields = files.service
    path = ("config", "services", "default", name)
    health = answers.health or str(fields.get("health") or "/health")
    if answers.build and answers.build != fields.get("build"):
        files.set("Pulumi.yaml", (*path, "build"), fields.get("build"), answers.build)
        if fields.get("build") == EXAMPLE_BUILD and "checks" in fields:
            files.set("Pulumi.yaml", (*path, "checks"), fields["checks"], [health])
    if answers.port is not None:
        files.set("Pulumi.yaml", (*path, "port"), fields.get("port"), answers.port)
    if answers.health:
        files.set("Pulumi.yaml", (*path, "health"), fields.get("health"), answers.health)
