"""The workflow files of a repository, rendered from templates, pins and the settings.

Templates are real YAML with comments; `text` says which of those comments decide what is left in. Nothing here asks the
engine, AWS or GitHub: a component may declare what `files` returns, and `./slipway render` writes it.

    names      environments, variables and checks that workflows and the repository's rules must agree on
    pins       each action and its commit, read from pins/action.yml
    values     what the templates are filled with, out of the settings
    text       from a template to a text
    rendering  which files there are
    around     those of the repository that the program lies in
    writing    into a repository, never over a file that is somebody else's
    steps/     what workflows run that is more than a line of shell; the standard library alone
"""

from __future__ import annotations

from workflows.around import repository_files
from workflows.errors import WorkflowError
from workflows.rendering import files
from workflows.values import Layout

__all__ = ["Layout", "WorkflowError", "files", "repository_files"]
