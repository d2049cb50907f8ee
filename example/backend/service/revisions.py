"""The revisions of the database's schema that this image knows: files `migrations/0001_what_it_does.sql`.

A file holds two scripts, one after the line `-- up` and one after `-- down`. Each runs in a transaction of its own, so
neither may hold what Postgres refuses there, such as `CREATE INDEX CONCURRENTLY`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent / "migrations"
#: What people call the place before the first revision.
NOTHING = "0000"
_FORM = re.compile(r"(?P<above>.*?)^-- up\n(?P<up>.*?)^-- down\n(?P<down>.*)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Revision:
    """One step of the schema, and the step back."""

    number: str
    """Four digits, which give the order."""
    name: str
    up: str
    down: str

    @classmethod
    def read(cls, path: Path) -> Revision:
        """Read one file; raise ValueError where it does not have the form."""
        number, _, name = path.stem.partition("_")
        found = _FORM.fullmatch(path.read_text())
        if not re.fullmatch(r"\d{4}", number) or number == NOTHING or not name or not found:
            raise ValueError(f"{path.name}: expected 0001_name.sql with `-- up` and `-- down` on lines of their own")
        return cls(number, name, found["up"].strip(), found["down"].strip())

    def __str__(self) -> str:
        """Return how people call it."""
        return f"{self.number} {self.name}"


def known(folder: Path = FOLDER) -> list[Revision]:
    """Return the revisions in order; raise ValueError where there are none, or two have the same number."""
    found = [Revision.read(path) for path in sorted(folder.glob("*.sql"))]
    if not found:
        # An image that was built without them must not pass for one whose database is as it should be.
        raise ValueError(f"there are no revisions in {folder}")
    numbers = [revision.number for revision in found]
    if twice := {number for number in numbers if numbers.count(number) > 1}:
        raise ValueError(f"migrations: two revisions are called {', '.join(sorted(twice))}")
    return found
