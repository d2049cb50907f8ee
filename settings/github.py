"""Reading the setting `github`: the repository, its rules, and who approves. Absent, nothing is declared."""

from __future__ import annotations

import re
from typing import cast, get_args

from delivery.notices import Tell
from naming import Names, partition
from settings import agreed, neighbours, place, session
from settings.node import Fields, Node
from settings.problems import Problem
from settings.repository import GUARD_PATH, ISSUER, Approval, GitHub, Label, Place, Webhook
from settings.source import Source
from settings.table import GITHUB, WEBHOOK, StackKind, defaults
from settings.telling import tell

_ACTION = "such as aws-actions/*"
_OWNER = r"[A-Za-z0-9](-?[A-Za-z0-9])*"
_REPOSITORY = rf"{_OWNER}/[A-Za-z0-9._-]+"
_PERSON = rf"@?{_OWNER}(/[a-z0-9._-]+)?"
_REF = r"[A-Za-z0-9*?][A-Za-z0-9._*?/-]*"
_SECRET = r"[A-Z_][A-Z0-9_]*"  # noqa: S105 - what the name of one looks like
#: https://docs.github.com/en/actions/how-tos/deploy/configure-and-manage-deployments/manage-environments
_MOST_REVIEWERS, _LONGEST_WAIT = 6, 43200
#: A role's sessions may be limited to no less. https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
_SHORTEST_SESSION = 3600


def github(node: Node, source: Source, rendered: Approval) -> GitHub | None:
    """Read the repository of a stack of kind `shared`; None where there is none.

    `rendered` is the approval that workflows are rendered for, which must be the one that the repository is set up for.
    """
    if not node.value:
        return None
    fields = node.fields({**defaults(GITHUB), "approval": rendered})
    if not node.ok:
        return None
    repository = fields["repository"].needed(
        _REPOSITORY, "must be the owner and the name of the repository", "such as acme/shop"
    )
    owner, _, name = repository.partition("/")
    approval = cast(Approval, fields["approval"].choice(get_args(Approval)))
    if fields["approval"].ok and approval != rendered:
        # A workflow that waits in an environment which nobody declares makes it, without reviewers.
        fields["approval"].wrong(
            f"must be {rendered}, as workflows.approval", "set workflows.approval in Pulumi.yaml and leave this out"
        )
    reviewers = tuple(_people(fields["reviewers"]))
    self_review = fields["self_review"].flag()
    _approvers(fields, approval, reviewers, owner if fields["repository"].ok else "", self_review=self_review)
    return GitHub(
        owner=owner,
        name=name,
        endpoint=fields["endpoint"].text(
            r"https?://\S+", "must be a URL", "such as https://github.acme.dev/; leave it out for github.com"
        )
        or None,
        issuer=fields["issuer"].text(
            r"https://[^\s/?#]+(/[^\s?#]*[^\s?#/])?", "must be an https URL without a slash at its end", f"as {ISSUER}"
        ),
        places=_places(node, source),
        roles_only=fields["roles_only"].flag(),
        branch=_ref(fields["branch"]),
        files_branch=_other_ref(fields["files_branch"], fields["branch"]),
        workflow_files=fields["workflow_files"].flag(),
        tags=_ref(fields["tags"]),
        approval=approval,
        reviewers=reviewers,
        self_review=self_review,
        wait_minutes=fields["wait_minutes"].integer(0, _LONGEST_WAIT),
        checks=_texts(fields["checks"], r".*\S.*", "must be the name of a job that reports on pull requests"),
        approvals=fields["approvals"].integer(0, 6),
        linear_history=fields["linear_history"].flag(),
        signed_commits=fields["signed_commits"].flag(),
        code_owners={path: tuple(_people(item)) for path, item in fields["code_owners"].object().items()},
        labels={name: _label(item) for name, item in fields["labels"].object().items()},
        actions=_texts(fields["actions"], r"[\w.*-]+/[\w.*/-]+(@[\w.*/-]+)?", "must be a pattern of actions", _ACTION),
        secrets=_secrets(fields["secrets"]),
        webhooks={name: _webhook(item) for name, item in fields["webhooks"].object().items()},
        oidc_provider=fields["oidc_provider"].text(
            r"arn:aws[a-z-]*:iam::\d{12}:oidc-provider/\S+",
            "must be the ARN of an OIDC provider of the account",
            "`aws iam list-open-id-connect-providers` shows it; leave it out to make one",
        )
        or None,
        state=fields["state"].text(
            r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "must be the name of a bucket", "that of `pulumi login s3://…`"
        )
        or None,
        state_key=fields["state_key"].text(
            r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/\S+",
            "must be the ARN of a KMS key",
            "`aws kms describe-key --key-id alias/…` shows it",
        )
        or None,
    )


def boundary(source: Source, account: str, region: str) -> str | None:
    """Return the ARN of the permissions boundary of a stack's roles.

    None where no stack of kind `shared` in the account declares one.
    """
    kind, ours = source.defaults.get("kind", ""), source.defaults.get("github")
    for there in source.stacks.values():
        declares = there.get("kind", kind) == StackKind.SHARED and (there.get("github") or ours)
        if declares and str(there.get("account", "")) == account:
            return f"arn:{partition(region)}:iam::{account}:policy{GUARD_PATH}{source.project}-{source.stack}-boundary"
    return None


def _told(stack: str, said: object) -> Tell:
    """Return whom an environment tells. What is wrong is said where it is set; here nobody is told, and no role may."""
    wrong: list[Problem] = []
    found = tell(Node(f"Pulumi.{stack}.yaml", "tell", said, wrong, {}))
    return Tell() if wrong else found


def _places(node: Node, source: Source) -> tuple[Place, ...]:
    """Return the environments among the project's stacks, by name."""
    found = []
    for name, there in sorted(source.stacks.items()):
        said = {**source.defaults, **there}
        if said.get("kind") != StackKind.ENVIRONMENT:
            continue
        account, region = str(said.get("account", "")), str(said.get("aws:region", ""))
        if not re.fullmatch(r"\d{12}", account) or not re.fullmatch(place.REGION, region):
            node.wrong(
                f"needs to know where the environment {name} is",
                f"set account and aws:region in Pulumi.{name}.yaml",
                got="",
            )
            continue
        origin = str(said.get("source") or "build")
        after = neighbours.after(said)
        lasts = session.session(Node(f"Pulumi.{name}.yaml", "session", said.get("session"), [], "1h"))
        found.append(
            Place(
                names=Names(project=source.project, stack=name),
                account=account,
                region=region,
                guarded=origin != "build",
                origin=None if origin == "build" else origin,
                origin_account=str(source.stacks.get(origin, {}).get("account", "")) or account,
                session_seconds=max(lasts, _SHORTEST_SESSION),
                after=after,
                after_account=str(source.stacks.get(after or "", {}).get("account", "")) or account,
                tell=_told(name, said.get("tell")),
            )
        )
    names = {one.name for one in found}
    for name in sorted(names):
        base, _, _ = name.rpartition("-")
        if base in names and name in {one.format(base) for one in (agreed.PREVIEW, agreed.ROLLBACK, agreed.APPROVAL)}:
            node.wrong(
                f"needs the name {name} for an environment of {base} on GitHub",
                f"call the stack of Pulumi.{name}.yaml otherwise",
                got="",
            )
    return tuple(found)


def _approvers(
    fields: Fields, approval: Approval, reviewers: tuple[str, ...], owner: str, *, self_review: bool
) -> None:
    """Refuse an approval that nobody could give."""
    node = fields["reviewers"]
    if not node.ok or not fields["approval"].ok:
        return
    if approval != "none" and not reviewers:
        node.wrong(
            f"must name who approves with approval {approval}",
            "such as [acme/platform], or set workflows.approval to none",
        )
    if len(reviewers) > _MOST_REVIEWERS:
        node.wrong(f"must be at most {_MOST_REVIEWERS}: GitHub takes no more", "name a team", got=f"{len(reviewers)}")
    for person in reviewers:
        if "/" in person and owner and person.partition("/")[0].lower() != owner.lower():
            node.wrong(f"must be people, or teams of {owner}", got=person)
    alone = len(reviewers) == 1 and "/" not in reviewers[0]
    if approval == "reviewers" and alone and not self_review:
        node.wrong(
            "must be more than one person where self_review is false: that one could release nothing",
            "add another, or set self_review to true",
        )


def _people(node: Node) -> list[str]:
    """Read people and teams, with or without the @ that GitHub writes before them."""
    items = node.items()
    hint = "such as alice or acme/platform"
    return [item.needed(_PERSON, "must be a person or a team on GitHub", hint).removeprefix("@") for item in items]


def _texts(node: Node, pattern: str, rule: str, hint: str = "") -> tuple[str, ...]:
    """Read a list of texts."""
    return tuple(item.needed(pattern, rule, hint) for item in node.items())


def _ref(node: Node) -> str:
    """Read a branch or a pattern of tags."""
    return node.needed(_REF, "must be a branch or a pattern", "such as main, or v*")


def _other_ref(node: Node, main: Node) -> str:
    """Read the branch that files are proposed on: never the one that they are proposed to."""
    text = _ref(node)
    if node.ok and text == main.value:
        node.wrong("must be another branch than branch: files are proposed there", "such as slipway")
    return text


def _label(node: Node) -> Label:
    """Read a label: its colour, then what it means."""
    text = node.needed(
        r"[0-9A-Fa-f]{6}( .{0,100})?", "must be six hex digits and a description", 'such as "d93f0b Goes back"'
    )
    color, _, description = text.partition(" ")
    return Label(color=color.lower(), description=description.strip())


def _secrets(node: Node) -> dict[str, str]:
    """Read which secrets the environments get; the values stay in Secrets Manager."""
    found = {}
    for name, item in node.object().items():
        if not re.fullmatch(_SECRET, name) or name.startswith("GITHUB_"):
            item.wrong("must be named with capitals, digits and _, not beginning with GITHUB_", got="")
        text = item.value if isinstance(item.value, str) else ""
        if not text or not re.fullmatch(r"[A-Za-z0-9/_+=.@-]{0,512}", text.replace("{environment}", "")):
            # Whoever writes the secret itself here finds it in no message.
            item.wrong(
                "must be the name of a secret in Secrets Manager",
                "such as shop/{environment}/slack",
                got="what looks like a value" if text else "nothing",
            )
        found[name] = text
    return found


def _webhook(node: Node) -> Webhook:
    """Read one webhook."""
    fields = node.fields(defaults(WEBHOOK))
    return Webhook(
        url=fields["url"].needed(r"https://\S+", "must be an https URL", "such as https://hooks.acme.dev/github"),
        events=_texts(fields["events"], r"[a-z_]+", "must be an event of GitHub", "such as deployment_status"),
        secret=fields["secret"].needed(
            r"[A-Za-z0-9/_+=.@-]{1,512}", "must be the name of a secret in Secrets Manager", "such as shop/webhook"
        ),
    )
