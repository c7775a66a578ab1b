"""scenarios.py - the scenarios of tests/cases, judged by the oracle: what their authors expected by hand it must give as well.

Only those that keep to the default policy without a roster: policies there are YAML, which the oracle does not read. See scenario.h for the form.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Iterator

import oracle
from days import format_day, parse_instant
from result import Result, format_value

FOLDER = Path(__file__).resolve().parents[1] / "cases"


def plain_scenarios() -> Iterator[Path]:
    for path in sorted(FOLDER.glob("*.case")):
        words = {line.split(" ")[0].rstrip() for line in path.read_text(encoding="utf-8").splitlines()}
        if not words & {"policy", "roster"}:
            yield path


def failures(path: Path) -> list[str]:
    """The expectations that do not hold, with their lines."""
    rows: list[dict[str, Any]] = []
    clocks: list[int] = []
    judged: Result | None = None
    failed = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("{"):
            rows.append(json.loads(line))
            clocks.append(parse_instant(rows[-1]["at"]))
            judged = None
        elif line.startswith("clock "):
            clocks.append(parse_instant(line.split(" ")[1]))
            judged = None
        elif line.startswith("expect "):
            judged = judged or oracle.assess(rows, max(clocks), None, min(clocks))
            is_so = found(judged, line.split(" ")[1:])
            if is_so is not None:
                failed.append(f"{path.name}:{number}: {line}: {is_so}")
    return failed


def found(result: Result, words: list[str]) -> str | None:
    """What is there instead; None where it is as expected, or where nothing is asked that the oracle tells."""
    kind, wanted = words[0], words[-1]
    if kind == "counter":
        dimension, days, name = words[1:4]
        total = sum(value for (held, day, counter), value in result.counters.items()
                    if (held, counter) == (dimension, name) and format_day(day).startswith(days))
        is_so = format_value(name, total)
    elif kind == "alert":
        is_so = result.states().get(words[1], "none")
    elif kind == "holder":
        is_so = result.alerts[words[1]].holder or "nobody"
    elif kind in ("worklist", "no-worklist"):
        is_so = "worklist" if tuple(words[1:5]) in result.worklists else "no-worklist"
        wanted = kind
    else:
        return None
    return None if is_so == wanted else is_so
