"""What can go wrong in a delivery.

```
DeliveryError            what happened, and `fix`: what to do next
├── StrategyError        a rollout line that cannot be read (see `strategy`)
├── RecordError          a document in the bucket that is not what it should be
│   └── NoSuchRelease    nothing answers to the name that was asked for
├── Refused              a gate said no; nothing has moved
├── ReleaseFailed        it began and did not succeed; the old release serves
└── Cancelled            someone asked to stop; traffic is back, or on its way
```
"""

from __future__ import annotations

from collections.abc import Iterable


class DeliveryError(Exception):
    """Something a person should read: `message` says what and where, `fix` what to do (may be empty).

    services: those whose own trouble it is, by name; none where it is everybody's.
    """

    def __init__(self, message: str, fix: str = "", services: Iterable[str] = ()) -> None:
        self.message = message
        self.fix = fix
        self.services = tuple(dict.fromkeys(services))
        super().__init__(f"{message}\nFix: {fix}" if fix else message)


class RecordError(DeliveryError):
    """A document in the environment's bucket cannot be read as what it should be."""


class NoSuchRelease(RecordError):  # noqa: N818 - reads as what it is
    """No recorded release answers to the id, version or digest that was asked for."""


class Refused(DeliveryError):  # noqa: N818 - reads as what it is
    """A gate refused the release. Nothing has moved."""


class ReleaseFailed(DeliveryError):  # noqa: N818 - reads as what it is
    """The release began and did not succeed. What served before serves again."""


class Cancelled(DeliveryError):  # noqa: N818 - reads as what it is
    """The release was asked to stop."""
