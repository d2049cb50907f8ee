"""Runs a Pulumi program inside the engine's stack: what the language host starts with the program's own interpreter.

Reads the engine's RunRequest from stdin. Exits 0, or 32 after having told the error on the engine's log.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

import grpc
import pulumi
from pulumi.runtime import reset_options, run_in_stack, set_all_config
from pulumi.runtime.proto import language_pb2

from offline import lifeline

OK = 0
TOLD = 32


def target(request: language_pb2.RunRequest) -> str:
    """Return what is run: the folder with `__main__.py`, or the file that `main:` of Pulumi.yaml names."""
    folder = request.info.program_directory or request.pwd
    return str(Path(folder, request.info.entry_point or request.program or "."))


def connect(request: language_pb2.RunRequest) -> None:
    """Give the SDK the engine's addresses, the stack and its settings."""
    reset_options(
        project=request.project,
        stack=request.stack,
        root_directory=request.info.root_directory,
        parallel=request.parallel,
        # The engine's own address comes as the only argument.
        engine_address=request.args[0] if request.args else "",
        monitor_address=request.monitor_address,
        preview=request.dryRun,
        organization=request.organization or "organization",
    )
    set_all_config(dict(request.config), list(request.configSecretKeys))


def own_frames(trace: TracebackType | None, root: str) -> TracebackType | None:
    """Return the frames from the program's first on: how it was started explains nothing. None if it has none."""
    while trace and not trace.tb_frame.f_code.co_filename.startswith(root):
        trace = trace.tb_next
    return trace


def failure(error: Exception, root: str) -> str:
    """Return what to tell of an error that the program did not catch."""
    own = own_frames(error.__traceback__, root)
    if own is None and type(error) is Exception:
        # What the SDK raises for a failed lookup, somewhere below its event loop: the message says all.
        return str(error)
    return "the program failed:\n" + "".join(traceback.format_exception(type(error), error, own or error.__traceback__))


def run(request: language_pb2.RunRequest) -> int:
    """Run the program and wait for all it registered; return the exit code."""
    program = target(request)
    folder = program if Path(program).is_dir() else str(Path(program).parent)
    # The program's imports are its own: without our checkout, which may be another one than the project's.
    sys.path[0] = folder
    sys.argv = [program]
    connect(request)
    # Failures that nobody awaited were told by the resource that failed.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    if request.parallel > 0:
        loop.set_default_executor(ThreadPoolExecutor(max_workers=4 * request.parallel))
    try:
        loop.run_until_complete(run_in_stack(lambda: (runpy.run_path(program, run_name="__main__"), None)[1]))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
    except grpc.RpcError as error:
        # The engine leaves first when an update is cancelled or a resource has failed: told elsewhere.
        if error.code() is not grpc.StatusCode.UNAVAILABLE:
            pulumi.log.error(f"the engine refused a request of the program: {error.details()}")
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else OK if leaving.code is None else TOLD
    except Exception as error:
        pulumi.log.error(failure(error, folder))
    else:
        return OK
    finally:
        for task in asyncio.all_tasks(loop):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                loop.run_until_complete(task)
        loop.close()
        sys.stdout.flush()
        sys.stderr.flush()
    return TOLD


def main() -> None:
    """Run the program of the request on stdin."""
    lifeline.hold(lambda: None)
    request = language_pb2.RunRequest.FromString(sys.stdin.buffer.read())
    code = run(request)
    # Threads of gRPC would hold an ordinary exit back.
    os._exit(code)


if __name__ == "__main__":
    main()
