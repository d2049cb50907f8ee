"""What all tests share: how hard property tests try, and what the garbage collector need not walk."""

from __future__ import annotations

import gc

from tests import examples

examples.load()

# What is loaded while tests are collected stays: the collector need not walk it then, nor later. With the AWS SDK in
# memory one of its rounds takes a tenth of a second.
gc.disable()


def pytest_collection_finish() -> None:
    """Let the collector look after what tests make, and after nothing else."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    gc.enable()
