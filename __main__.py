"""What exists, in reading order. A stack is an environment, or what environments share: the setting `kind`."""

import pulumi

from components import (
    Checker,
    CheckerArgs,
    Cluster,
    ClusterArgs,
    Image,
    ImageArgs,
    LoadBalancer,
    LoadBalancerArgs,
    Network,
    NetworkArgs,
    Records,
    RecordsArgs,
    Release,
    ReleaseArgs,
    Service,
    ServiceArgs,
    Shared,
    SharedArgs,
    Warden,
    WardenArgs,
)
from providers import connect
from settings import Environment, load
from take import take

env = load()  # every problem at once, before anything moves
on, clients = connect(env)  # the one provider of each kind

if isinstance(env, Environment):
    cargo = take(env, clients)  # what is released: built here, or taken
    records = Records("records", RecordsArgs(env=env), on)
    network = Network("network", NetworkArgs(names=env.names, network=env.network), on)
    cluster = Cluster("cluster", ClusterArgs(names=env.names), on)
    door = LoadBalancer("door", LoadBalancerArgs(env=env, network=network), on) if env.reachable else None
    checker = Checker("checker", CheckerArgs(env=env, network=network, door=door), on) if door else None

    services = []
    for app in env.services:
        image = Image(app.name, ImageArgs(env=env, app=app, taken=cargo.images.get(app.name)), on)
        parts = ServiceArgs(env=env, app=app, image=image, network=network, cluster=cluster, door=door, ran=cargo.ran)
        services.append(Service(app.name, parts, on))

    warden = Warden("warden", WardenArgs(env=env, records=records, services=services), on) if door else None
    what = ReleaseArgs(env=env, cargo=cargo, records=records, services=services, checker=checker, warden=warden)
    release = Release("release", what, on)

    pulumi.export("version", release.version)
    pulumi.export("release", release.release_id)
    pulumi.export("serving", release.serving)
    pulumi.export("urls", {service.name: service.url for service in services})
    pulumi.export("records", records.bucket)
else:
    shared = Shared("shared", SharedArgs(stack=env), on)
    for name in shared.outputs():
        pulumi.export(name, getattr(shared, name))
