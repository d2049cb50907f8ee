"""Who may do what from a workflow: a role for each environment and purpose, and what guards them.

    access      the OIDC provider, the roles, their boundary
    role        one role
    trust       who takes it: workflows of one repository, in one environment of GitHub
    scope       what is an environment's own, by name
    reading     what a preview may
    moving      what a rollback may too: moving what stands
    deploying   what a deployment may too: making what stands
    boundary    the most that a role made by a deployment may ever do

No role can change a role of these, its trust, or a boundary: an administrator does, with the shared stack.
"""

from __future__ import annotations

from components.access.access import Access, AccessArgs

__all__ = ["Access", "AccessArgs"]
