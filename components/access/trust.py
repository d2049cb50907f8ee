"""Who may take a role of CI: workflows of one repository, while they run in one environment of GitHub.

GitHub lets a job into an environment after its rules: reviewers, branches, timers. What they guard, the role guards.
"""

from __future__ import annotations

from dataclasses import dataclass

from components.policies import Document, document
from settings.repository import ISSUER

#: Whom the tokens are meant for.
AUDIENCE = "sts.amazonaws.com"


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """A repository as its tokens name it: by names, which may change hands, and by numbers, which do not."""

    owner: str
    name: str
    owner_id: int
    repository_id: int

    def subjects(self, environment: str) -> list[str]:
        """Return the subjects of tokens for an environment: of repositories from before July 2026, and of later ones.

        https://docs.github.com/en/actions/reference/security/oidc
        """
        return [
            f"repo:{self.owner}/{self.name}:environment:{environment}",
            f"repo:{self.owner}@{self.owner_id}/{self.name}@{self.repository_id}:environment:{environment}",
        ]


def trust(provider: str, issuer: str, identity: Identity, environment: str) -> Document:
    """Let the workflows of a repository take a role while they run in an environment.

    `provider` is the ARN of the account's OIDC provider. The subject holds the repository's name, which somebody else
    may have one day; its number, which AWS compares too, nobody else ever has. Of an issuer of one's own, AWS knows
    the subject only.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
    """
    host = issuer.removeprefix("https://")
    equal: dict[str, str | list[str]] = {f"{host}:aud": AUDIENCE, f"{host}:sub": identity.subjects(environment)}
    if issuer == ISSUER:
        equal |= {f"{host}:repository_id": str(identity.repository_id), f"{host}:environment": environment}
    return document(
        [
            {
                "Effect": "Allow",
                "Principal": {"Federated": provider},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": equal},
            }
        ]
    )
