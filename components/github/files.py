"""Files of ours in the repository, proposed on a branch that nobody else writes to.

Rules guard the branch that releases come from, against us too: what is proposed here gets there by a pull request that
people read. Its address is told; that it is opened once and merged is theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_github as github

from components.component import Component
from settings import GitHub

#: Where a repository is shown, if not on a server of one's own.
_HOME = "https://github.com"


@dataclass(frozen=True, kw_only=True, slots=True)
class FilesArgs:
    """Which files, as they should be."""

    github: GitHub
    files: Mapping[str, str]
    """Text by path."""


class Files(Component):
    """A branch, and the files on it."""

    TYPE = "slipway:github:Files"

    proposal: pulumi.Output[str]
    """Where the difference to the branch that releases come from is shown, and proposed with one click."""

    def __init__(self, name: str, args: FilesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        wanted = args.github
        branch = github.Branch(
            f"{name}-branch",
            repository=wanted.name,
            branch=wanted.files_branch,
            source_branch=wanted.branch,
            opts=self.child(),
        )
        before: list[pulumi.Resource] = []
        for path, text in sorted(args.files.items()):
            made = github.RepositoryFile(
                f"{name}-{path.replace('/', '-').strip('.-').lower()}",
                repository=wanted.name,
                branch=branch.branch,
                file=path,
                content=text,
                commit_message=f"Propose {path}",
                # What lies on this branch is ours, or comes from the other one, where `limits` has seen to it.
                overwrite_on_create=True,
                # One commit after the other: GitHub refuses two on a branch at once.
                opts=self.child(depends_on=before),
            )
            before = [made]
        home = (wanted.endpoint or _HOME).rstrip("/")
        self.proposal = pulumi.Output.concat(
            f"{home}/{wanted.full_name}/compare/{wanted.branch}...", branch.branch, "?expand=1"
        )
        self.finish()
