"""Closes a rehearsal: counts, searches, writes both files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from rehearsal.report import build, leaks, page
from rehearsal.stage import toolchain
from rehearsal.stage.stage import Stage
from rehearsal.stage.workspace import PRODUCTION, STAGING
from rehearsal.story.play import Play

#: The program's one table of ignored properties, read as anybody can read it.
IGNORED = "import json; from components.ignored import IGNORED; print(json.dumps(IGNORED, default=dict))"
JSON, HTML = "rehearsal-report.json", "rehearsal-report.html"


def gather(play: Play) -> None:
    """Note what must be asked for while everything still stands: parts, the table of ignored properties, records."""
    with play.console.working("Gathering what was noted"):
        _gather(play)


def _gather(play: Play) -> None:
    play.notes.toolchain = [
        {"part": part["part"], "version": part["version"], "origin": part["origin"]}
        for part in toolchain.parts(play.hand)
        if part["path"]
    ]
    asked = play.hand.run([sys.executable, "-c", IGNORED], name="ignored", apart=True)
    if asked.code == 0 and asked.output.startswith("{"):
        play.notes.ignored = json.loads(asked.output)
    fetch_records(play.stage)


def fetch_records(stage: Stage) -> Path:
    """Copy what the environments' buckets hold into the rehearsal's home; return the folder."""
    folder = stage.home.root / "records"
    folder.mkdir(exist_ok=True)
    s3 = stage.client("s3")
    for bucket in s3.list_buckets()["Buckets"]:
        stack = next((one for one in (STAGING, PRODUCTION) if f"-{one}-" in bucket["Name"]), "")
        if not stack:
            continue
        before = "" if stack == STAGING else f"{stack}_"
        for entry in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
            body = s3.get_object(Bucket=bucket["Name"], Key=entry["Key"])["Body"].read()
            (folder / f"{before}{entry['Key']}".replace("/", "_")).write_bytes(body)
    return folder


def write(play: Play, folder: Path, *, application: str, seconds: float) -> dict[str, Any]:
    """Write both files into `folder`; return the report."""
    stage, count = play.stage, play.traffic.stop()
    home = stage.home
    places = [home.state, home.logs, home.traffic, home.root / "records"]
    search = leaks.search(stage.planted.named(), places, home.root)
    report = build.build(
        play.notes,
        count,
        search,
        speed=stage.emulator.speed,
        rate=play.traffic.rate,
        application=application,
        seconds=seconds,
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / JSON).write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    (folder / HTML).write_text(page.render(report, count))
    return report
