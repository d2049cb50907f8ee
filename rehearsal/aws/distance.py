"""As far away as AWS: no answer to Terraform's provider comes before its own client has done with the request.

AWS is milliseconds away, and Terraform's AWS provider counts on it. It hands each request's body to Go's HTTP client
in a wrapper (aws-sdk-go-base 2.0.0-beta.65, to log it), which is closed as soon as an answer is there. Go, once it has
written the body, looks whether more follows; where the wrapper was closed by then it is told EOF, takes that for a
failed request, drops the connection and asks again. An answer after one millisecond, on a busy machine, wins that race
up to three times in 400 calls: the role that was made is asked for again, and "already exists" ends the update.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]

LATENCY = 0.02
"""Seconds; about what a call to a region of the same continent takes."""

_PROVIDER = b"terraform-provider-aws"


def away(headers: Mapping[bytes, bytes], send: Send, latency: float = LATENCY) -> Send:
    """Return what sends an answer that begins `latency` seconds late to Terraform's provider, at once to others."""
    if _PROVIDER not in headers.get(b"user-agent", b""):
        return send

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            await asyncio.sleep(latency)
        await send(message)

    return sent
