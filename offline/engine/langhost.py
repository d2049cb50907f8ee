"""Pulumi's language host for Python: starts the program, says which plugins it needs.

The engine starts it through the launcher `pulumi-language-python` beside itself and speaks gRPC (LanguageRuntime) with
it. The program runs in a child of its own, so that its interpreter can be another one than ours.
"""

# ruff: noqa: N802 - gRPC calls methods by the names in the protocol.

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2 as pb
from pulumi.runtime.proto import language_pb2_grpc, plugin_pb2

from offline.server import serve

LAUNCH = Path(__file__).resolve().parent.parent / "launch.py"
#: The exit code of a program that has told its error itself: the engine then adds nothing.
TOLD = 32


def virtualenv(info: pb.ProgramInfo) -> Path | None:
    """Return what `runtime.options.virtualenv` of Pulumi.yaml names, relative to the project."""
    named = info.options.fields["virtualenv"].string_value if "virtualenv" in info.options.fields else ""
    return Path(info.root_directory, named) if named else None


def interpreter(environment: Path | None) -> Path:
    """Return the Python that runs the program: the named virtual environment's, else ours."""
    return environment / "bin" / "python" if environment else Path(sys.executable)


def packages_folders(environment: Path | None) -> list[Path]:
    """Return the folders that hold the packages the program can import."""
    return sorted((environment or Path(sys.prefix)).glob("lib/python3*/site-packages"))


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """Answers the engine; runs at most one program at a time."""

    def __init__(self) -> None:
        self.program: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """Kill the program: it would hold our output open, and the engine waits for that."""
        if self.program and self.program.poll() is None:
            self.program.kill()

    def Handshake(
        self, request: pb.LanguageHandshakeRequest, context: grpc.ServicerContext
    ) -> pb.LanguageHandshakeResponse:
        """Accept the engine."""
        return pb.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:
        """Tell our version: that of the SDK."""
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi"))

    def About(self, request: pb.AboutRequest, context: grpc.ServicerContext) -> pb.AboutResponse:
        """Tell which Python runs the program."""
        return pb.AboutResponse(
            executable=str(interpreter(virtualenv(request.info))), version=platform.python_version()
        )

    def GetRequiredPackages(
        self, request: pb.GetRequiredPackagesRequest, context: grpc.ServicerContext
    ) -> pb.GetRequiredPackagesResponse:
        """Name the plugins of the installed Pulumi SDKs: each carries a file that says so."""
        needed = []
        for folder in packages_folders(virtualenv(request.info)):
            for file in sorted(folder.glob("*/pulumi-plugin.json")):
                plugin = json.loads(file.read_text())
                if plugin.get("resource"):
                    needed.append(
                        plugin_pb2.PackageDependency(
                            name=plugin["name"],
                            kind="resource",
                            version="v" + plugin["version"].removeprefix("v"),
                            server=plugin.get("server", ""),
                        )
                    )
        return pb.GetRequiredPackagesResponse(packages=needed)

    def GetProgramDependencies(
        self, request: pb.GetProgramDependenciesRequest, context: grpc.ServicerContext
    ) -> pb.GetProgramDependenciesResponse:
        """Name the installed packages, for `pulumi about`."""
        names = [
            found.groups()
            for folder in packages_folders(virtualenv(request.info))
            for entry in sorted(folder.glob("*.dist-info"))
            if (found := re.fullmatch(r"(.+)-([^-]+)\.dist-info", entry.name))
        ]
        return pb.GetProgramDependenciesResponse(
            dependencies=[pb.DependencyInfo(name=name, version=version) for name, version in names]
        )

    def Run(self, request: pb.RunRequest, context: grpc.ServicerContext) -> pb.RunResponse:
        """Run the program to its end."""
        environment = virtualenv(request.info)
        python = interpreter(environment)
        if not python.exists():
            return pb.RunResponse(
                error=f"Error: {python} does not exist, though `runtime.options.virtualenv` in Pulumi.yaml names it.\n"
                "Fix:   make the virtual environment and install requirements.txt into it."
            )
        self.program = subprocess.Popen(
            [str(python), "-u", str(LAUNCH), "program"],
            stdin=subprocess.PIPE,
            cwd=request.info.program_directory or request.pwd,
            env=self._environment(environment),
        )
        # Not by environment variables: the settings hold secrets, and those are inherited by every child.
        self.program.communicate(request.SerializeToString())
        code = self.program.returncode
        if code == TOLD:
            return pb.RunResponse(bail=True)
        return pb.RunResponse(error="" if code == 0 else f"The program ended with exit code {code}.")

    @staticmethod
    def _environment(environment: Path | None) -> dict[str, str]:
        """The program's environment variables: ours, with its virtual environment active."""
        if environment is None:
            return dict(os.environ)
        path = f"{environment / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
        active = {"VIRTUAL_ENV": str(environment), "PULUMI_RUNTIME_VIRTUALENV": str(environment), "PATH": path}
        return {name: value for name, value in os.environ.items() if name != "PYTHONHOME"} | active


def main() -> None:
    """Serve the engine."""
    host = LanguageHost()
    serve(language_pb2_grpc.add_LanguageRuntimeServicer_to_server, host, 8, host.stop)


if __name__ == "__main__":
    main()
