"""Starts a bridge as the engine starts a plugin: `python -m offline.bridge PACKAGE [ENGINE ADDRESS]`."""

from __future__ import annotations

import sys

from pulumi.runtime.proto import provider_pb2_grpc

from offline import names
from offline.bridge.failures import EngineLog
from offline.bridge.goplugin import TerraformProvider
from offline.bridge.provider import Bridge
from offline.engine.cache import Cache
from offline.engine.providers import behind, binary
from offline.errors import OfflineError
from offline.server import serve

#: As many resources as the engine works on at once.
THREADS = 64


def main(package: str, engine: str | None) -> None:
    """Serve until the engine leaves."""
    cache = Cache.of_user()
    try:
        part = behind(package)
        provider = TerraformProvider(binary(part, cache), cache.bridge)
    except OfflineError as error:
        sys.exit(str(error))
    bridge = Bridge(names.load(package), provider, part.plugin_version, EngineLog(engine))
    serve(provider_pb2_grpc.add_ResourceProviderServicer_to_server, bridge, THREADS, lambda: None)


if __name__ == "__main__":
    # Flags of the engine's own, such as for tracing, stand between.
    addresses = [word for word in sys.argv[2:] if not word.startswith("-")]
    main(sys.argv[1], addresses[-1] if addresses else None)
