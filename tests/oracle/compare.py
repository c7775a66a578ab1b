#!/usr/bin/env python3
"""compare.py - the C core against the oracle over random cities.

    compare.py --cli PATH [--kinds counter,alert] [--no-settings] SEED... | FROM-TO...

PATH is `assess_cli`, a test program that merges and assesses with the real core. What it must do:

    assess_cli --clock INSTANT [--roster FILE] [--set KEY=VALUE]...   < events > lines

    stdin    JSON Lines events, tickets and units mixed, merged in the order given
    --clock  RFC 3339; every ticket and unit month is assessed at it, once, after the last event
    --roster JSON array of objects: id, district, group, duty (bool), from, to (days, both included; absent is always)
    --set    changes the default policy: reopen=restart|continue, redispatch=fresh|continue, default_level=province|city|district,
             or any other setting of a policy file's version, such as rules={escalation: off}
    stdout   one line each, UTF-8, fields separated by one blank, sorted by bytes:
                 counter DIMENSION DAY NAME VALUE    without those that are 0; points as counter_format prints them
                 alert ID STATE                      firing or resolved
                 worklist NAME UNIT MONTH TICKET
    exit     0; anything else is a failure of that city

Only the kinds of line named by --kinds are compared, so a rule that one side does not have yet can be left out; --rules does the same
for alerts and --skip for counters. The first difference is printed with its seed and with the events shrunk to a smallest list that
still differs, and the exit status is 1. Without --cli the oracle is compared with itself over reversed and shuffled arrivals.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Callable

import cities
import oracle
from cities import City, Row

Judge = Callable[[City], list[str]]
CLI_TIMEOUT_S = 60
SHRINK_TRIES_MAX = 2000


def judge_by_oracle(city: City) -> list[str]:
    policy = oracle.Policy(roster=oracle.roster_of(city.roster))
    policy.versions = [oracle.version_with(version, city.settings) for version in policy.versions]
    return oracle.assess(city.rows, oracle.parse_instant(city.clock), policy).lines()


def judge_shuffled(city: City) -> list[str]:
    rows = list(city.rows)
    random.Random(city.seed + 1).shuffle(rows)
    return judge_by_oracle(city._replace(rows=rows + rows[:3]))


def judge_by_cli(path: str, off: str) -> Judge:
    def judge(city: City) -> list[str]:
        with tempfile.TemporaryDirectory() as directory:
            roster = Path(directory, "roster.json")
            roster.write_text(json.dumps(city.roster, ensure_ascii=False), encoding="utf-8")
            command = [path, "--clock", city.clock, "--roster", str(roster)]
            for key, value in city.settings.items():
                command += ["--set", f"{key}={value}"]
            if off:
                command += ["--set", "rules={" + ", ".join(f"{rule}: off" for rule in off.split(",")) + "}"]
            done = subprocess.run(command, input=cities.jsonl(city.rows).encode(), capture_output=True, timeout=CLI_TIMEOUT_S)
        if done.returncode:
            return [f"exit status {done.returncode}: {done.stderr.decode(errors='replace').strip()}"]
        return done.stdout.decode().splitlines()
    return judge


class Filter:
    """Which lines count."""

    def __init__(self, kinds: str, rules: str, skip: str, skip_lists: str) -> None:
        self.kinds, self.rules, self.skip, self.skip_lists = kinds.split(","), rules.split(","), skip.split(","), skip_lists.split(",")

    def keeps(self, line: str) -> bool:
        kind, _, rest = line.partition(" ")
        if kind == "exit":
            return True
        if kind not in self.kinds:
            return False
        if kind == "alert":
            return rest.split("/", 1)[0] in self.rules
        if kind == "worklist":
            return rest.split(" ", 1)[0] not in self.skip_lists
        return kind != "counter" or line.rsplit(" ", 2)[1] not in self.skip


def difference(city: City, judges: tuple[Judge, Judge], keep: Filter) -> list[str]:
    left, right = (set(filter(keep.keeps, judge(city))) for judge in judges)
    return sorted([f"- {line}" for line in left - right] + [f"+ {line}" for line in right - left], key=lambda line: (line[2:], line))


def is_refusal(lines: list[str]) -> bool:
    return any(line.startswith("+ exit ") for line in lines)


def shrink(city: City, differs: Callable[[City], bool]) -> City:
    """Delta debugging: drops ever smaller chunks of events, then fields, as long as the difference stays."""
    tries = 0

    def still(rows: list[Row]) -> bool:
        nonlocal tries
        tries += 1
        return tries < SHRINK_TRIES_MAX and bool(rows) and differs(city._replace(rows=rows))
    rows, size = city.rows, max(1, len(city.rows) // 2)
    while True:
        start, has_dropped = 0, False
        while start < len(rows):
            fewer = rows[:start] + rows[start + size:]
            if still(fewer):
                rows, has_dropped = fewer, True
            else:
                start += size
        if size == 1 and not has_dropped:
            break
        size = max(1, size // 2)
    needed = {"ticket_id", "at", "type", "unit", "offered", "answered", "points"}
    for i in range(len(rows)):
        for name in [name for name in rows[i] if name not in needed]:
            simpler = {key: value for key, value in rows[i].items() if key != name}
            if still(rows[:i] + [simpler] + rows[i + 1:]):
                rows = rows[:i] + [simpler] + rows[i + 1:]
    city = city._replace(rows=rows)
    for simpler_city in (city._replace(settings={}), city._replace(roster=[])):
        if differs(simpler_city):
            city = simpler_city
    return city


def readable(rows: list[Row]) -> str:
    """The rows with every instant in the city's zone, in the order of a ticket's events."""
    def shown(row: Row) -> Row:
        return {key: oracle.format_instant(oracle.parse_instant(value), cities.ZONE_MS) if key in ("at", "due_at", "accepted_at") else value
                for key, value in row.items()}
    return cities.jsonl([shown(row) for row in sorted(rows, key=lambda row: oracle.event_of_json(row).key())])


def report(city: City, judges: tuple[Judge, Judge], keep: Filter) -> None:
    is_refused = is_refusal(difference(city, judges, keep))

    def still_differs(candidate: City) -> bool:
        # Less of an event can be a bad event, which is another difference than the one that was found.
        lines = difference(candidate, judges, keep)
        return bool(lines) and is_refusal(lines) == is_refused
    small = shrink(city, still_differs)
    print(f"seed {city.seed} differs ({len(city.rows)} events, shrunk to {len(small.rows)})")
    print(f"clock {small.clock}" + "".join(f" --set {key}={value}" for key, value in small.settings.items()))
    if small.roster:
        print(f"roster {json.dumps(small.roster, ensure_ascii=False)}")
    print(readable(small.rows), end="")
    print("(- only the oracle, + only the other)")
    print("\n".join(difference(small, judges, keep)))


def seeds_of(words: list[str]) -> list[int]:
    seeds: list[int] = []
    for word in words:
        first, _, last = word.partition("-")
        seeds += range(int(first), int(last or first) + 1)
    return seeds


def main() -> int:
    parser = argparse.ArgumentParser(description="Compares the C core with the oracle over random cities.")
    parser.add_argument("seeds", nargs="+", metavar="SEED", help="a number or a range such as 1-200")
    parser.add_argument("--cli", help="path of assess_cli")
    parser.add_argument("--kinds", default="counter,alert,worklist", help="kinds of line to compare")
    parser.add_argument("--rules", default="overdue", help="rules whose alerts are compared")
    parser.add_argument("--skip", default="escalated,repeated,duty_missed", help="counters that are not compared")
    parser.add_argument("--skip-lists", default="month-end", help="worklists that are not compared: of month-end the oracle has what is left at the end only")
    parser.add_argument("--off", default="escalation", help="rules of the core that count what the oracle does not have, so they are switched off")
    parser.add_argument("--no-settings", action="store_true", help="the default policy only")
    parser.add_argument("--all", action="store_true", help="go on after a difference")
    options = parser.parse_args()
    keep = Filter(options.kinds, options.rules, options.skip, options.skip_lists)
    judges: tuple[Judge, Judge] = (judge_by_oracle, judge_by_cli(options.cli, options.off) if options.cli else judge_shuffled)
    failed = 0
    seeds = seeds_of(options.seeds)
    for seed in seeds:
        city = cities.make(seed, not options.no_settings)
        if difference(city, judges, keep):
            failed += 1
            report(city, judges, keep)
            if not options.all:
                break
    print(f"{len(seeds)} cities, {failed} differ" if options.all or not failed else f"stopped at seed {seed}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
