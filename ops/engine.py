"""Calling Pulumi, as a person would: its own words go to the person."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence

from delivery.errors import DeliveryError


def ask(words: Sequence[str]) -> str:
    """Return what Pulumi answers on standard output. Raises `DeliveryError` where it is missing or refuses."""
    done = subprocess.run([_pulumi(), *words], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise DeliveryError(
            f"`pulumi {' '.join(words)}` failed (exit code {done.returncode})", "its last lines say why"
        )
    return done.stdout


def run(
    words: Sequence[str], environment: Mapping[str, str] | None = None, *, check: bool = True, quiet: bool = False
) -> int:
    """Run Pulumi and return its exit code. Raises `DeliveryError` where it is missing, or fails and `check` is set.

    quiet: what it says goes to stderr, since stdout is for programs. Ctrl-C is Pulumi's to answer: it cancels the
    update and sees the way back to its end, and we wait for it.
    """
    pulumi = _pulumi()
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        code = subprocess.run(
            [pulumi, *words],
            env={**os.environ, **(environment or {})},
            stdout=sys.stderr if quiet else None,
            check=False,
        ).returncode
    finally:
        signal.signal(signal.SIGINT, before)
    if code != 0 and check:
        raise DeliveryError(f"`pulumi {' '.join(words)}` failed (exit code {code})", "its last lines say why")
    return code


def preview(stack: str, environment: Mapping[str, str] | None = None) -> tuple[int, str]:
    """Run `pulumi preview --json`; return its exit code and what it wrote. What it says beside that goes to stderr.

    Secrets are masked in it by the engine: a preview shows none, whatever it is asked.
    """
    words = [_pulumi(), "preview", "--json", "--non-interactive", "--color", "never", "-s", stack]
    # In its other form each event is a document, with less in it.
    asked = {**os.environ, **(environment or {}), "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "false"}
    done = subprocess.run(words, env=asked, stdout=subprocess.PIPE, text=True, errors="replace", check=False)
    return done.returncode, done.stdout


def _pulumi() -> str:
    """Return where Pulumi is. Raises `DeliveryError` where it is missing."""
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        raise DeliveryError("there is no `pulumi` on PATH", "install it, or use the shell of `./slipway shell`")
    return pulumi
