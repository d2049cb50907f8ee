"""What the launchers in the cache folder start: puts the checkout on the module path, then runs one of its servers.

Usage: launch.py NAME [ARGUMENT…]. Started by path, not with `-m`, because the engine chooses the working directory.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

MODULES = {
    "language-host": "offline.engine.langhost",
    "program": "offline.engine.program",
    "bridge": "offline.bridge",
    "keeper": "offline.bridge.keeper",
}


def main() -> None:
    """Run the module that the first argument names, as if it had been started with `python -m`."""
    name = sys.argv.pop(1)
    # Python put this folder there; its files would shadow modules of the same name.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    runpy.run_module(MODULES[name], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
