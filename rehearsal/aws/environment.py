"""The environment MiniStack runs in: what it reads, and nothing of the person's own.

Lambda functions run as children of this process and inherit its environment. They must see what a function on AWS
sees, and no variable of whoever started the rehearsal.
"""

from __future__ import annotations

from pathlib import Path

from rehearsal.aws.world import World

_KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "DOCKER_HOST",
    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY",
    "VIRTUAL_ENV",
)


def build(world: World, outer: dict[str, str]) -> dict[str, str]:
    """The whole environment of the emulated AWS, made from the caller's."""
    kept = {name: outer[name] for name in _KEPT if name in outer}
    local = "127.0.0.1,localhost"
    return kept | {
        "GATEWAY_PORT": str(world.port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_REGION": world.region,
        "MINISTACK_ACCOUNT_ID": world.account,
        "MINISTACK_HOSTNAME": world.label.partition("=")[2],
        "S3_DATA_DIR": str(Path(world.home) / "s3"),
        "PERSIST_STATE": "0",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "AUTH": str(world.iam).lower(),
        "AWS_REGION": world.region,
        "AWS_DEFAULT_REGION": world.region,
        "AWS_ACCESS_KEY_ID": world.account,
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL": world.endpoint,
        "HTTP_PROXY": world.proxy,
        "http_proxy": world.proxy,
        "NO_PROXY": local,
        "no_proxy": local,
        "PYTHONUNBUFFERED": "1",
    }
