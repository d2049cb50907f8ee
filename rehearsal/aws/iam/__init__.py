"""Who may do what, enforced: switched on with `--iam`.

MiniStack (`AUTH=true`) checks signatures, knows the sessions that its STS gave out, and evaluates policies, boundaries
and the policies of resources. What it leaves out or reads otherwise than AWS is here:

    call        one request, as policies see it
    resources   what it is made on, by ARN
    keys        what else policies may ask about it
    passing     the roles that it hands to a service, each a call of its own
    demands     all of that: what a request must be allowed
    enforcing   MiniStack's own services, held to it, and its refusals, which name who, what and on what
    guard       the same for CodeDeploy and Application Auto Scaling, which are ours
    tokens      web identities: whose token it is, and who signed it

An access key of twelve digits is the root of that account, whose signature nobody checks: a rehearsal's way in.
"""

from __future__ import annotations

from rehearsal.aws.corrections.binding import Binding
from rehearsal.aws.iam import enforcing, tokens
from rehearsal.aws.iam.tokens import Issuers


def apply(binding: Binding, issuers: Issuers) -> None:
    """Hold MiniStack's services to it; `issuers` say whose tokens are known."""
    enforcing.apply(binding)
    tokens.apply(binding, issuers)
