#!/usr/bin/env python3
"""simulate_test.py SIMULATE ORACLE_DIR - the made-up city tells the same events for the same seed, and the truth about its counters.

The truth is compared with an independent recount of the very lines that were printed (tests/oracle), in both directions.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SIMULATE, ORACLE = sys.argv[1], sys.argv[2]
sys.path.insert(0, ORACLE)
import oracle  # noqa: E402
from days import parse_instant  # noqa: E402
from events import points_e4  # noqa: E402
from policy import Policy, Version, roster_of, version_with  # noqa: E402

NO_RULES = {"rules": {"escalation": "off", "duty": "off", "repeated": "off"}}  # the made-up city does not know what rules count
ROSTER_LINE = re.compile(r"- \{ id: ([^,]+), name: [^,]+(?:, district: ([^,]+))?(?:, group: ([^,]+))?, duty: (true|false) \}")


def simulate(folder: Path, *options: str) -> str:
    roster, truth = str(folder / "roster.yaml"), str(folder / "truth.txt")
    command = [SIMULATE, "--output", "-", "--quiet", "--write-roster", roster, "--truth", truth, *options]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def read_roster(path: Path) -> list[dict]:
    rows = [ROSTER_LINE.fullmatch(line) for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    assert all(rows), "the roster has a line of another form"
    return [{"id": row[1], "district": row[2] or "", "group": row[3] or "", "duty": row[4] == "true"} for row in rows]


def recount(lines: str, roster: list[dict]) -> dict[tuple[str, str, str], int]:
    rows = [json.loads(line) for line in lines.splitlines()]
    clock_ms = max(parse_instant(row["at"]) for row in rows)
    policy = Policy([version_with(Version(), NO_RULES)], roster_of(roster))
    counts = {}
    for line in oracle.assess(rows, clock_ms, policy).lines(False):
        word = line.split(" ")
        if word[0] == "counter" and not re.search(r"/(channel|level)/[a-z]+$", word[1]) and word[1].split("/")[-2:-1] not in (["channel"], ["level"]):
            counts[" ".join(word[1:-3]), word[-3], word[-2]] = points_e4(word[-1]) if word[-2].startswith("points_") else int(word[-1])
    return counts


def read_truth(path: Path) -> dict[tuple[str, str, str], int]:
    counts = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        dimension, day, counter, value = line.rsplit(" ", 3)
        counts[dimension, day, counter] = int(value)
    return counts


def check_truth(*options: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = simulate(folder, *options)
        wanted = recount(lines, read_roster(folder / "roster.yaml"))
        truth = read_truth(folder / "truth.txt")
    wrong = sorted(key for key in wanted.keys() | truth.keys() if wanted.get(key, 0) != truth.get(key, 0))
    for key in wrong[:20]:
        print(f"{' '.join(key)}: truth says {truth.get(key, 0)}, the lines say {wanted.get(key, 0)}")
    assert not wrong, f"{len(wrong)} of {len(wanted)} counters differ with {options}"
    assert len(wanted) > 1000, "hardly anything was counted"
    print(f"{len(wanted)} counters agree with {' '.join(options)}")


def check_seed() -> None:
    with tempfile.TemporaryDirectory() as name:
        options = ("--tickets", "500", "--from", "2024-03-01", "--swap", "2", "--duplicate", "2")
        first, again, other = (simulate(Path(name), *options, "--seed", seed) for seed in ("7", "7", "8"))
    assert first == again, "the same seed gave other events"
    assert first != other, "another seed gave the same events"


def check_order() -> None:
    with tempfile.TemporaryDirectory() as name:
        rows = [json.loads(line) for line in simulate(Path(name), "--tickets", "2000", "--from", "2024-03-01").splitlines()]
    at = [parse_instant(row["at"]) for row in rows]
    assert at == sorted(at), "events are not in the order of their time"
    received = [row["ticket_id"] for row in rows if row["type"] == "received" and row.get("valid") is not False]
    assert received == sorted(received) and len(set(received)) == 2000, "ticket ids do not ascend with the receipt"
    assert all(re.fullmatch(r"[0-9]{15}", ticket) for ticket in received)


check_seed()
check_order()
check_truth("--tickets", "6000", "--from", "2023-12-20", "--days", "45", "--units", "60")
check_truth("--tickets", "3000", "--from", "2024-09-10", "--days", "30", "--seed", "5", "--units", "7", "--swap", "3", "--duplicate", "2", "--direct", "60")
check_truth("--tickets", "3000", "--days", "20", "--seed", "9")  # up to yesterday: what has not happened yet is left out
