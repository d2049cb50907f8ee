"""Makes a table anew: `python -m offline.names aws`, or `github`. Needs the SDK and the provider's binary."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from offline.bridge.goplugin import TerraformProvider
from offline.engine.cache import Cache
from offline.engine.providers import behind, binary
from offline.errors import OfflineError
from offline.names.generate import UnpairedError, table


def make(package: str) -> str:
    """Return the text of a package's table."""
    cache = Cache.of_user()
    provider = TerraformProvider(binary(behind(package), cache), cache.bridge)
    module = importlib.import_module(f"offline.names.{package}_types")
    return json.dumps(table(module, lambda collection, name: provider.schema(collection, name).block), indent=1) + "\n"


def main() -> None:
    """Write the table, or say what must be listed by hand first."""
    package = sys.argv[1] if len(sys.argv) == 2 else "aws"
    try:
        text = make(package)
    except (OfflineError, UnpairedError) as error:
        sys.exit(str(error))
    (Path(__file__).parent / f"{package}.json").write_text(text)


if __name__ == "__main__":
    main()
