"""Images of another account.

AWS: `registryId` names the account whose repository is meant, the caller's own where it is left out; another account's
answers to whom the repository's policy lets. The resource of a call is the repository in the account that owns it.
https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html

MiniStack 1.5.33 does not read it: every call is about the caller's own registry.
"""

from __future__ import annotations

import json
import re
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import ecr

from rehearsal.aws.corrections.binding import Binding


def apply(binding: Binding) -> None:
    """Answer from the registry that is named."""
    handle, policy = ecr.handle_request, ecr.repository_policy_for_arn

    async def handled(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Any:
        with request_scope(_registry(body), get_region()):
            return await handle(method, path, headers, body, query)

    def policy_of(arn: str) -> Any:
        parts = arn.split(":")
        with request_scope(parts[4] if len(parts) > 4 and parts[4] else get_account_id(), get_region()):
            return policy(arn)

    binding.replace(ecr, "handle_request", handled)
    binding.replace(ecr, "repository_policy_for_arn", policy_of)


def _registry(body: bytes) -> str:
    """The account whose registry a call means."""
    try:
        asked = json.loads(body or b"{}")
    except ValueError:
        asked = {}
    found = str(asked.get("registryId") or "") if isinstance(asked, dict) else ""
    if not found and isinstance(asked, dict):
        arn = str(asked.get("resourceArn") or "").split(":")
        found = arn[4] if len(arn) > 5 else ""
    return found if re.fullmatch(r"\d{12}", found) else get_account_id()
