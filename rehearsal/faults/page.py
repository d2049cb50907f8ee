"""The report as a page: a table of faults and stages, then every cell that failed, in words. One file, no scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from rehearsal.console import duration

_STYLE = (Path(__file__).resolve().parent.parent / "report" / "page.css").read_text()
_OWN_STYLE = """
main { max-width: 1180px; }
td.cell { white-space: nowrap; }
td.cell b { display: block; font-size: 13px; }
td.cell i { font-style: normal; font-size: 12px; color: var(--soft); }
td.ok { background: var(--good-bg); } td.ok b { color: var(--green); }
td.failed { background: var(--stop-bg); } td.failed b { color: var(--red); }
td.none b { color: var(--soft); font-weight: 400; }
td.what { color: var(--soft); font-size: 13px; min-width: 240px; }
h3 { font-size: 15px; margin: 16px 0 4px; }
ul { margin: 4px 0 8px; padding-left: 20px; overflow-wrap: anywhere; }
"""


def page(report: Mapping[str, Any]) -> str:
    """Return the page."""
    blind = f" Blind on purpose: {escape(report['blind'])}." if report["blind"] else ""
    head = (
        f"<header><h1>The fault matrix</h1><p>{report['played']} of {report['cells_in_all']} cells played, "
        f"<b>{report['failed']} failed</b>; {report['requests']:,} requests of users at {report['rate']:g} per second; "
        f"{duration(report['seconds'])} at {report['clock_speed']:g} times the speed; {escape(report['made'])}.{blind}"
        "</p></header>"
    )
    body = head + _table(report) + _alone(report) + _failed(report) + _forced(report)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>The fault matrix</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}{_OWN_STYLE}</style>'
        f"</head><body><main>{body}</main></body></html>\n"
    )


def _table(report: Mapping[str, Any]) -> str:
    cells = {(entry["fault"], entry["stage"]): entry for entry in report["cells"] if not entry["alone"]}
    rows = []
    for fault in (one for one in report["faults"] if not one["alone"]):
        drawn = [
            _cell(cells.get((fault["name"], stage["name"])), there=stage["name"] in fault["stages"])
            for stage in report["stages"]
        ]
        rows.append(f"<tr><td><b>{escape(fault['name'])}</b></td>{''.join(drawn)}{_what(fault)}</tr>")
    head = "".join(
        f'<th title="{escape(stage["what"], quote=True)}">{escape(stage["name"])}</th>' for stage in report["stages"]
    )
    return _section("Fault by stage", f"<tr><th>fault</th>{head}<th>what happens</th></tr>", rows)


def _alone(report: Mapping[str, Any]) -> str:
    cells = {entry["fault"]: entry for entry in report["cells"] if entry["alone"]}
    rows = [
        f"<tr><td><b>{escape(fault['name'])}</b></td>{_cell(cells.get(fault['name']), there=True)}{_what(fault)}</tr>"
        for fault in report["faults"]
        if fault["alone"]
    ]
    return _section("Alone", "<tr><th>fault</th><th>result</th><th>what happens</th></tr>", rows)


def _failed(report: Mapping[str, Any]) -> str:
    parts = []
    for entry in (one for one in report["cells"] if one["result"] == "failed"):
        notes = [f"Note: {note}" for note in (entry["seen"] or {}).get("notes", [])]
        lines = "".join(f"<li>{escape(line)}</li>" for line in [*entry["problems"], *notes])
        parts.append(f"<h3>{escape(entry['cell'])}</h3><ul>{lines}</ul>")
    told = "".join(parts) or "<p class='quiet'>None.</p>"
    return f"<section><h2>Cells that failed</h2>{told}</section>"


def _forced(report: Mapping[str, Any]) -> str:
    rows = [
        f"<tr><td><b>{escape(fault['name'])}</b></td><td>{escape(fault['may_force'])}</td></tr>"
        for fault in report["faults"]
    ]
    head = "<tr><th>fault</th><th>requests of users that it may cost</th></tr>"
    return _section("What a fault may force", head, rows)


def _cell(entry: Mapping[str, Any] | None, *, there: bool) -> str:
    if entry is None:
        return f'<td class="cell none"><b>{"not played" if there else "–"}</b></td>'
    word = "ok" if entry["result"] == "ok" else "failed"
    end = entry["end"] or "not reached"
    shown = f"<b>{word}</b><i>{escape(end)} · {entry['seconds']:.0f} s</i>"
    return f'<td class="cell {word}">{shown}</td>'


def _what(fault: Mapping[str, Any]) -> str:
    return f'<td class="what">{escape(fault["title"])}</td>'


def _section(title: str, head: str, rows: Iterable[str]) -> str:
    table = f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"
    return f'<section><h2>{escape(title)}</h2><div class="wide">{table}</div></section>'
