"""Reading the network: a VPC of our own, cut into subnets, or one that exists."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from ipaddress import IPv4Network
from typing import cast, get_args

from settings.model import ExistingNetwork, Nat, OwnNetwork
from settings.node import Fields, Node
from settings.source import Source
from settings.table import SUBNETS, defaults

#: Parts that a VPC is cut into: eight for public and eight for private subnets, more than there are zones.
_PARTS = 16
#: A load balancer wants two zones. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-subnets.html
FEWEST_ZONES = 2


def network(fields: Fields, source: Source) -> OwnNetwork | ExistingNetwork:
    """Read where the services live."""
    vpc = fields["vpc_id"]
    vpc_id = vpc.text(r"vpc-[0-9a-f]{8,17}", "must be the id of a VPC", "it looks like vpc-0a1b2c3d4e5f67890")
    lists = fields["subnets"].fields(defaults(SUBNETS))
    own = _own(fields, lists, source, exists=bool(vpc_id))
    return _existing(vpc_id, lists) if vpc_id else own


def _existing(vpc_id: str, lists: Fields) -> ExistingNetwork:
    """Read the subnets of a VPC that exists, by id."""
    public, private = (
        tuple(
            item.needed(
                r"subnet-[0-9a-f]{8,17}", "must be the id of a subnet", "vpc_id is set: name subnets that exist"
            )
            for item in lists[kind].items()
        )
        for kind in ("public", "private")
    )
    if lists["public"].ok and len(public) < FEWEST_ZONES:
        lists["public"].wrong("must name two subnets or more", "a load balancer stands in two zones")
    return ExistingNetwork(vpc_id=vpc_id, public=public, private=private)


def _own(fields: Fields, lists: Fields, source: Source, *, exists: bool) -> OwnNetwork:
    """Read the VPC to make. With a VPC that exists, report settings that would have no effect."""
    cidr, zones, nat = fields["cidr"], fields["zones"], fields["nat"]
    if exists:
        for node in (cidr, zones, nat):
            if node.key in source.given:
                node.wrong("has no effect where vpc_id is set", "remove it")
    else:
        whole = _network(cidr)
        if whole is not None and not 16 <= whole.prefixlen <= 23:
            cidr.wrong("must be a network from /16 to /23", "try 10.20.0.0/16")
        elif whole is not None and not whole.is_private:
            cidr.wrong("must be a private network", "try 10.20.0.0/16")
        count = zones.integer(FEWEST_ZONES, 6, "a load balancer stands in two zones")
        path = cast(Nat, nat.choice(get_args(Nat)))
        public = _subnets(lists["public"], whole if cidr.ok else None, count, first=0)
        private = _subnets(lists["private"], whole if cidr.ok else None, count, first=_PARTS // 2)
        if path == "none" and lists["private"].given and nat.ok:
            lists["private"].wrong("has no use with nat none", "remove it, or set nat to one or per_zone")
        _apart([*public, *private])
        return OwnNetwork(
            cidr=str(whole or ""),
            public=tuple(str(part) for _, part in public),
            private=tuple(str(part) for _, part in private) if path != "none" else (),
            nat=path,
        )
    return OwnNetwork(cidr="", public=(), private=(), nat="none")


def _subnets(node: Node, whole: IPv4Network | None, count: int, first: int) -> list[tuple[Node, IPv4Network]]:
    """Read the CIDRs of subnets, or cut them out of the whole where none are given."""
    items = node.items()
    if not items:
        if whole is None:
            return []
        parts = whole.subnets(new_prefix=whole.prefixlen + (_PARTS - 1).bit_length())
        return [(node, part) for part in itertools.islice(parts, first, first + count)]
    if len(items) != count:
        node.wrong(f"must have one CIDR per zone, which are {count}", got=f"{len(items)}")
    found = []
    for item in items:
        part = _network(item)
        if part is None:
            continue
        if whole is not None and not part.subnet_of(whole):
            item.wrong(f"must lie inside cidr {whole}")
        elif part.prefixlen > 27:
            item.wrong("must be /27 or larger", "a load balancer needs room for its addresses")
        found.append((item, part))
    return found


def _network(node: Node) -> IPv4Network | None:
    """Read an IPv4 network."""
    text = node.text()
    try:
        return IPv4Network(text)
    except ValueError as error:
        hint = "try 10.20.0.0/16"
        if "host bits set" in str(error):
            hint = f"did you mean {IPv4Network(text, strict=False)}?"
        node.wrong("must be an IPv4 network such as 10.20.0.0/16", hint)
        return None


def _apart(subnets: Sequence[tuple[Node, IPv4Network]]) -> None:
    """Refuse subnets that share addresses."""
    for (one, first), (other, second) in itertools.combinations(subnets, 2):
        if first.overlaps(second):
            other.wrong(f"must not overlap {one.key}, which is {first}", got=str(second))
