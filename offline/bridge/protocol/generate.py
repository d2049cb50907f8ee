"""Generates the stubs of `tfplugin5.proto` beside it. A test holds that they are fresh."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent.parent
PROTO = HERE / "tfplugin5.proto"
STUBS = ("tfplugin5_pb2.py", "tfplugin5_pb2.pyi")


def generate(into: Path) -> None:
    """Write the stubs below `into`, at the path their package has in the project."""
    from grpc_tools import protoc  # type: ignore[import-untyped]

    code = protoc.main(
        [
            "protoc",
            f"--proto_path={ROOT}",
            f"--python_out={into}",
            f"--pyi_out={into}",
            str(PROTO.relative_to(ROOT)),
        ]
    )
    if code != 0:
        sys.exit(code)
    hints = into / PROTO.with_suffix("").relative_to(ROOT).with_name("tfplugin5_pb2.pyi")
    # The generator writes `Mapping` where it means any mapping.
    hints.write_text('# mypy: disable-error-code="type-arg"\n' + hints.read_text())


def fresh() -> dict[str, str]:
    """Return the stubs as they should be: name -> text."""
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        made = Path(folder) / HERE.relative_to(ROOT)
        return {name: (made / name).read_text() for name in STUBS}


if __name__ == "__main__":
    generate(ROOT)
