"""The page that people look at: one file, no script, light or dark as the reader's screen is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

from rehearsal.bench.counters import NO_VERSION, Count
from rehearsal.console import duration
from rehearsal.report import build, picture

STYLE = Path(__file__).with_name("page.css")
PHASES = ("build", "gates", "provision", "checks", "shift", "bake", "total", "update")
RESULTS = {"succeeded": "serves", "refused": "refused", "failed": "taken back", "cancelled": "cancelled"}


def render(report: dict[str, Any], count: Count) -> str:
    """Return the whole page."""
    parts = [
        _head(report),
        _figures(report),
        _problem(report),
        _findings(report),
        _story(report, count),
        *_releases(report, count),
        _ways(report),
        _served(report),
        _details(report),
        f"<footer>Made {report['made']} in {duration(report['seconds'])}. Every number was measured in it.</footer>",
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Slipway rehearsal</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE.read_text()}</style></head><body><main>{''.join(parts)}</main></body></html>\n"
    )


def _head(report: dict[str, Any]) -> str:
    return (
        "<header><h1>A rehearsal of Slipway</h1>"
        f"<p>One application, <b>{escape(report['application'])}</b>, released, broken, rescued and taken back on one "
        "machine: real Pulumi engine, real containers, real requests; AWS is emulated, and its clock runs "
        f"<b>{report['clock_speed']:g} times</b> as fast as ours.</p></header>"
    )


def _problem(report: dict[str, Any]) -> str:
    told = escape(report["problem"])
    return f'<section><h2>Not played to its end</h2><p class="cause">{told}</p></section>' if told else ""


def _findings(report: dict[str, Any]) -> str:
    told = "".join(f"<li>{escape(one)}</li>" for one in report["findings"])
    return f"<section><h2>What was proved</h2><ul>{told}</ul></section>" if told else ""


def _figures(report: dict[str, Any]) -> str:
    failed = report["failed_requests"]
    secrets = report["plaintext_secrets"]
    rollback = report["rollback_seconds"]
    figures = [
        ("requests", f"{report['requests']:,}", "each sent once, on its own connection", ""),
        ("failed", str(failed), "of them, seen by users", "good" if failed == 0 else "bad"),
        ("back in", "–" if rollback is None else f"{rollback:.0f} s", "to release 1, same image", ""),
        (
            "secrets",
            f"{secrets['found']} of {secrets['planted']}",
            "in plain text anywhere",
            "good" if not secrets["found"] else "bad",
        ),
    ]
    cells = (
        f'<div class="figure {kind}"><span>{name}</span><b>{value}</b><i>{note}</i></div>'
        for name, value, note, kind in figures
    )
    return f'<section class="figures">{"".join(cells)}</section>'


def _story(report: dict[str, Any], count: Count) -> str:
    """The whole story in one picture."""
    if not count.requests:
        return ""
    versions = sorted({seen.version for seen in count.requests if seen.version and not seen.problem})
    keys = "".join(f'<i class="version-{place}"></i>{escape(version)}' for place, version in enumerate(versions))
    told = "Requests per second, all the way through, by the version that answered."
    return (
        f'<section><h2>What users saw <span class="what">{told}</span></h2>'
        f'<p class="legend">{keys}<i class="failed"></i>failed</p>{picture.story(report, count)}</section>'
    )


def _releases(report: dict[str, Any], count: Count) -> Iterable[str]:
    served: dict[str, str] = {}
    for entry in report["releases"]:
        before = served.get(entry["stack"], "")
        good = entry["result"] == "succeeded"
        word = RESULTS.get(entry["result"], entry["result"])
        cause = f'<p class="cause">{escape(entry["cause"])}</p>' if entry["cause"] else ""
        drawn = picture.release(entry, before, count) if before and entry["requests_during"] else _first(entry)
        legend = (
            f'<p class="legend"><i class="green"></i>{escape(entry["version"])}<i class="blue"></i>{escape(before)}'
            f'{_unnamed(report)}<i class="failed"></i>failed</p>'
            if before
            else ""
        )
        yield (
            f'<section class="release"><h2><span class="number">{entry["number"]}</span>{escape(entry["version"])} '
            f'<span class="what">{escape(entry["title"])}</span>'
            f'<span class="result {"good" if good else "stopped"}">{word}</span></h2>'
            f"{cause}{legend}{drawn}{_seconds(entry)}</section>"
        )
        served[entry["stack"]] = entry["version"] if good else before


def _ways(report: dict[str, Any]) -> str:
    """How long people waited in production."""
    if not report["ways"]:
        return ""
    columns, rows = build.ways(report)
    told = "Seconds of the wall, until the last answer of what served before."
    table = _table([name.removesuffix("#") for name in columns], rows)
    return f'<section><h2>How long it took <span class="what">{told}</span></h2>{table}</section>'


def _unnamed(report: dict[str, Any]) -> str:
    """The key of answers that do not say their version, where there are any."""
    unnamed = any(versions.get(NO_VERSION, 0) > report["failed_requests"] for versions in report["served"].values())
    return '<i class="other"></i>an answer without X-Version' if unnamed else ""


def _first(entry: dict[str, Any]) -> str:
    return "<p class='quiet'>Nobody was there yet.</p>"


def _seconds(entry: dict[str, Any]) -> str:
    """The phases of a release, with the clock that each was measured by."""
    cells = []
    for phase in PHASES:
        for clock, value in (entry["seconds"].get(phase) or {}).items():
            if not value:
                continue
            name = {"update": "pulumi up", "total": "release"}.get(phase, phase)
            cells.append(f"<div><dt>{name}</dt><dd>{duration(value)}<i>{clock}</i></dd></div>")
    digest = f"<code>{escape(entry['digest'][:23])}…</code> " if entry["digest"] else ""
    numbers = f"{entry['requests_during']:,} requests meanwhile, {entry['failed_during']} failed"
    if entry["result"] != "succeeded":
        numbers += f"; {entry['requests_served_by_it']:,} were answered by it"
    return f"<dl>{''.join(cells)}</dl><p class='quiet'>{digest}{numbers}</p>"


def _served(report: dict[str, Any]) -> str:
    versions = sorted({version for phase in report["served"].values() for version in phase})
    rows = [
        [
            phase,
            *(f"{answered[version]:,}" if version in answered else "·" for version in versions),
            f"{report['rates'].get(phase, 0):g}/s",
        ]
        for phase, answered in report["served"].items()
    ]
    return f"<section><h2>Who served whom</h2>{_table(['phase', *versions, 'rate'], rows)}</section>"


def _details(report: dict[str, Any]) -> str:
    tools = [[part["part"], part["version"], part["origin"]] for part in report["toolchain"]]
    scenes = [[scene["title"], duration(scene["seconds"])] for scene in report["scenes"]]
    ignored = [[kind, name, why] for kind, names in report["ignored_properties"].items() for name, why in names.items()]
    return (
        f"<section><h2>Acts</h2>{_table(['act', 'wall'], scenes)}</section>"
        f"<section><h2>Toolchain</h2>{_table(['part', 'version', 'origin'], tools)}</section>"
        f"<section><h2>Properties that Pulumi leaves alone</h2>{_table(['on', 'property', 'why'], ignored)}</section>"
    )


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
