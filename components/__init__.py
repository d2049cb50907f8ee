"""What exists. One component per file; each declares resources and never acts.

    shared          what environments share: a `registry` per service, `access` of workflows, the repository (`github`)
    records         the bucket in which releases are written down
    network         a VPC of our own, or one that exists
    cluster         where services run
    load_balancer   the way in, with an `entrance` per service
    checker         the function that asks green before traffic
    image           built and pushed by digest, or taken
    service         a `task`, its `scaling`, its `alarms`, its `deployment` in CodeDeploy
    warden          the function that hears what CodeDeploy does when no update runs
    release         what moves all this

Each is told what it needs by its `Args`. `role` and `policies` say who may do what, `ignored` what is left alone.
"""

from __future__ import annotations

from components.checker import Checker, CheckerArgs
from components.cluster import Cluster, ClusterArgs
from components.image import Image, ImageArgs
from components.load_balancer import LoadBalancer, LoadBalancerArgs
from components.network import Network, NetworkArgs
from components.records import Records, RecordsArgs
from components.release import Release, ReleaseArgs
from components.service import Service, ServiceArgs
from components.shared import Shared, SharedArgs
from components.warden import Warden, WardenArgs

__all__ = [
    "Checker",
    "CheckerArgs",
    "Cluster",
    "ClusterArgs",
    "Image",
    "ImageArgs",
    "LoadBalancer",
    "LoadBalancerArgs",
    "Network",
    "NetworkArgs",
    "Records",
    "RecordsArgs",
    "Release",
    "ReleaseArgs",
    "Service",
    "ServiceArgs",
    "Shared",
    "SharedArgs",
    "Warden",
    "WardenArgs",
]
