"""Properties that the program leaves alone after it made a resource, each with the reason. There are no others.

What is ignored here is moved by a release, or by AWS on its behalf; the release itself brings it to what it should be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_LISTENER = "CodeDeploy moves traffic by changing it, and leaves a weighted forward to both target groups"
_CARRIED = "AWS refuses to change it on a service under CODE_DEPLOY; the release carries it in its AppSpec"
_SCALED = "autoscaling chooses the number between the limits of `scale`"
_ROLLED = "the release moves it, so that services move together and a failed release leaves the old one"

#: Kind of resource -> property (as the engine calls it) -> why it is left alone.
IGNORED: Final[Mapping[str, Mapping[str, str]]] = {
    "listener": {"defaultActions": _LISTENER},
    "service with a port": {
        "taskDefinition": _CARRIED,
        "loadBalancers": "target groups swap roles with every release",
        "networkConfiguration": _CARRIED,
        "platformVersion": _CARRIED,
    },
    "worker": {"taskDefinition": _ROLLED},
    "scaled service": {"desiredCount": _SCALED},
}


def ignored(*kinds: str) -> list[str]:
    """Return the properties left alone on a resource of these kinds."""
    return [name for kind in kinds for name in IGNORED[kind]]
