"""The repository on GitHub, as code: who may release, what guards the branch, what workflows are told.

    repository    all of it
    environment   an environment of GitHub: who is let in, and what it finds there
    rules         what guards branches and tags
    conduct       labels, actions, Dependabot, webhooks
    files         files of ours, proposed on a branch of their own
    owners        who must review what: `CODEOWNERS`
    facts         what is asked of GitHub before anything is declared
    limits        what the plan or the token does not allow, told before anything is touched
    causes        what GitHub's refusals usually mean

docs/github.md is the page for owners of a repository.
"""

from __future__ import annotations

from components.github.facts import Facts, RefusedError, look_up
from components.github.limits import check
from components.github.repository import Repository, RepositoryArgs

__all__ = ["Facts", "RefusedError", "Repository", "RepositoryArgs", "check", "look_up"]
