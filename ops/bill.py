"""What an environment costs a month, by its settings, and what releasing blue/green adds to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ops.prices import HOURS, Tariff, tariff
from ops.sizes import Size, Tasks

#: Quiet applications; who logs more knows.
LOG_GIGABYTES = 1
#: Images of all services that are kept, in GB.
IMAGE_GIGABYTES = 2
#: Series that the alarms of one service look at: `components.alarms`. A test holds them equal.
ALARM_METRICS = 12
#: How long new tasks take to come up and be asked, in minutes.
_COMING_UP = 3
_WEEKS = 52 / 12


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what, how it comes about, dollars a month."""

    what: str
    how: str
    dollars: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A month of one environment.

    most: with all services scaled out all month. releasing: dollars that blue/green adds, and how that comes about.
    saving: what another setting would save, in words; empty for nothing.
    """

    stack: str
    region: str
    lines: tuple[Line, ...]
    most: float
    releasing: Line
    saving: str
    note: str

    @property
    def total(self) -> float:
        """Dollars a month, releases included."""
        return sum(line.dollars for line in self.lines) + self.releasing.dollars

    def stored(self) -> dict[str, Any]:
        """For programs."""
        return {**asdict(self), "total": round(self.total, 2)}


def bill(size: Size, releases_a_week: float = 5) -> Bill:
    """Estimate a month of an environment."""
    prices = tariff(size.region)
    lines = tuple(_lines(size, prices))
    more = sum((one.high - one.low) * _hourly(one, size, prices) * HOURS for one in size.tasks)
    releasing = _releasing(size, prices, releases_a_week)
    return Bill(
        stack=size.stack,
        region=size.region,
        lines=lines,
        most=sum(line.dollars for line in lines) + releasing.dollars + more,
        releasing=releasing,
        saving=_saving(size, prices),
        note=prices.note,
    )


def shared(region: str) -> tuple[Line, ...]:
    """What all environments share, and `init` makes: a key and a place for images."""
    prices = tariff(region)
    return (
        Line("KMS key", "encrypts state and its secrets", prices.of("key")),
        Line("images", f"{IMAGE_GIGABYTES} GB in ECR", IMAGE_GIGABYTES * prices.of("images")),
    )


def _lines(size: Size, prices: Tariff) -> Iterator[Line]:
    for one in size.tasks:
        each = f"{one.vcpu:g} vCPU, {one.gigabytes:g} GB"
        yield Line(f"tasks of {one.name}", f"{one.low} x {each}", one.low * _hourly(one, size, prices) * HOURS)
    if size.shifted:
        unit = prices.of("balancer") + prices.of("balancer unit")
        yield Line("load balancer", "one, at one capacity unit", unit * HOURS)
        yield Line("its addresses", f"{size.zones} public IPv4", size.zones * prices.of("address") * HOURS)
        metrics = ALARM_METRICS * len(size.shifted)
        yield Line("alarms", f"{metrics} metrics", metrics * prices.of("alarm"))
    if size.nats:
        each_nat = prices.of("nat") + prices.of("address")
        yield Line("NAT", f"{size.nats} with an address, before traffic", size.nats * each_nat * HOURS)
    gigabytes = LOG_GIGABYTES * len(size.tasks)
    yield Line("logs", f"{gigabytes} GB", gigabytes * prices.of("logs"))
    if size.secrets:
        yield Line("secrets", f"{size.secrets}", size.secrets * prices.of("secret"))


def _hourly(one: Tasks, size: Size, prices: Tariff) -> float:
    """What one task costs an hour."""
    kind = " arm" if size.arm else ""
    address = prices.of("address") if size.public_tasks else 0
    return one.vcpu * prices.of(f"vcpu{kind}") + one.gigabytes * prices.of(f"memory{kind}") + address


def _releasing(size: Size, prices: Tariff, a_week: float) -> Line:
    """What green beside blue adds: tasks twice from when green comes up until blue goes, warm time included."""
    minutes = _COMING_UP + size.strategy.shift_minutes + size.strategy.blue_minutes
    # A group takes one deployment at a time, so there is never more than one green.
    hours = min(HOURS, a_week * _WEEKS * minutes / 60)
    dollars = sum(one.low * _hourly(one, size, prices) for one in size.shifted) * hours
    how = f"tasks twice for {minutes} min a release (shift, bake, warm), {a_week:g} releases a week"
    return Line("blue/green", how, dollars if size.shifted else 0.0)


def _saving(size: Size, prices: Tariff) -> str:
    """What `nat: none` would save: gateways, less the addresses that tasks then need."""
    if not size.nats:
        return ""
    gateways = size.nats * (prices.of("nat") + prices.of("address")) * HOURS
    addresses = sum(one.low for one in size.tasks) * prices.of("address") * HOURS
    return f"`nat: none` would save ${gateways - addresses:.0f}" if gateways > addresses else ""


def told(found: Bill) -> Sequence[str]:
    """The bill as lines for a person."""
    rows = [*found.lines, found.releasing]
    width = max(len(line.what) for line in rows)
    shown = [f"  {line.what:<{width}}  {f'${line.dollars:.2f}':>9}  {line.how}" for line in rows]
    most = f", ${found.most:.0f} when scaled out all month" if found.most > found.total + 0.5 else ""
    head = f"{found.stack} ({found.region}): about ${found.total:.0f} a month{most}"
    ending = f"  {'; '.join(filter(None, [found.saving, found.note]))}"
    return [head, *shown, ending]
