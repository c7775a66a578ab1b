#!/usr/bin/env python3
"""compare.py - the C core against the oracle over random cities.

    compare.py --cli PATH [--all] SEED... | FROM-TO...

PATH is `assess_cli`, a test program that merges and assesses with the real core and tells what it has come to wherever a city says so. Every
line must be the oracle's: counters, worklists, and alerts with their state, severity, instant and holder. The first difference is printed with
its seed and with the city shrunk to a smallest one that still differs, and the exit status is 1. Without --cli the oracle is compared with
itself over shuffled arrivals.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from typing import Any, Callable, Iterator

import cities
import oracle
from cities import City, Step
from days import format_instant, parse_instant
from events import event_of_json
from policy import Policy, policy_of

Told = list[str]                                 # the lines of one instant
Judge = Callable[[list[City]], list[list[Told]]]  # of each city what it tells, in order
BATCH = 100
CLI_TIMEOUT_S = 300
SHRINK_TRIES_MAX = 3000


def instants_of(steps: list[Step]) -> list[int]:
    return [step.clock_ms if step.row is None else parse_instant(step.row["at"]) for step in steps]


def judge_by_oracle(city: City) -> list[Told]:
    policy = policy_of(city.document)
    return [judge_so_far(city.steps[:place + 1], policy) for place, step in enumerate(city.steps) if step.tells]


def judge_so_far(steps: list[Step], policy: Policy) -> Told:
    """The clock is the newest instant that was heard of."""
    heard = instants_of(steps)
    return oracle.assess([step.row for step in steps if step.row], max(heard), policy, min(heard)).lines()


def judge_shuffled(city: City) -> list[Told]:
    told = []
    for place, step in enumerate(city.steps):
        if step.tells:
            steps = city.steps[:place + 1]
            random.Random(city.seed + place).shuffle(steps)
            told.append(judge_so_far(steps + steps[:3], policy_of(city.document)))
    return told


def each(judge: Callable[[City], list[Told]]) -> Judge:
    return lambda many: [judge(city) for city in many]


def judge_by_cli(path: str) -> Judge:
    def judge(many: list[City]) -> list[list[Told]]:
        script = "".join(map(cities.script, many))
        done = subprocess.run([path], input=script.encode(), capture_output=True, timeout=CLI_TIMEOUT_S)
        told = list(paragraphs(done.stdout.decode()))
        counts = [sum(step.tells for step in city.steps) for city in many]
        if done.returncode or len(told) != sum(counts):
            if len(many) > 1:
                return [judge([city])[0] for city in many]
            return [[[f"exit status {done.returncode}: {done.stderr.decode(errors='replace').strip()}"]] * counts[0]]
        return [[told.pop(0) for _ in range(count)] for count in counts]
    return judge


def paragraphs(text: str) -> Iterator[Told]:
    """The lines up to each line "."."""
    lines: Told = []
    for line in text.splitlines():
        if line == ".":
            yield lines
            lines = []
        else:
            lines.append(line)


def differing(left: list[Told], right: list[Told]) -> Told:
    """What is not the same at the first instant that differs."""
    for ours, theirs in zip(left, right):
        lines = sorted([f"- {line}" for line in set(ours) - set(theirs)] + [f"+ {line}" for line in set(theirs) - set(ours)], key=lambda line: (line[2:], line))
        if lines:
            return lines
    return []


def difference(city: City, judges: tuple[Judge, Judge]) -> Told:
    return differing(*(judge([city])[0] for judge in judges))


def kinds_of(lines: Told) -> set[str]:
    """What differs, so that shrinking does not wander off to something else: the rule, list or counter."""
    kinds = set()
    for line in lines:
        words = line.split(" ")
        kinds.add(" ".join(words[:2]) if words[1] in ("error", "exit") else words[2].split("/")[0] if words[1] != "counter" else words[-2])
    return kinds


def shrink(city: City, differs: Callable[[City], bool]) -> City:
    """Delta debugging: drops ever smaller chunks of steps, then parts of the policy, then fields, as long as the difference stays."""
    tries = 0

    def still(candidate: City) -> bool:
        nonlocal tries
        tries += 1
        return tries < SHRINK_TRIES_MAX and any(step.tells for step in candidate.steps) and differs(candidate)
    city = shrink_steps(city, still)
    city = shrink_document(city, still)
    return shrink_rows(city, still)


def shrink_steps(city: City, still: Callable[[City], bool]) -> City:
    size = max(1, len(city.steps) // 2)
    while True:
        start, has_dropped = 0, False
        while start < len(city.steps):
            fewer = city._replace(steps=city.steps[:start] + city.steps[start + size:])
            if still(fewer):
                city, has_dropped = fewer, True
            else:
                start += size
        if size == 1 and not has_dropped:
            return city
        size = max(1, size // 2)


def without(value: Any) -> Iterator[Any]:
    """The document with one part left out, anywhere in it."""
    if isinstance(value, dict):
        for key in value:
            if key not in ("from", "to", "rule", "within", "id"):
                yield {name: held for name, held in value.items() if name != key}
            yield from ({**value, key: smaller} for smaller in without(value[key]) if smaller != {})
    elif isinstance(value, list):
        for place in range(len(value)):
            yield value[:place] + value[place + 1:]
            yield from (value[:place] + [smaller] + value[place + 1:] for smaller in without(value[place]))


def shrink_document(city: City, still: Callable[[City], bool]) -> City:
    for simpler in without(city.document):
        candidate = city._replace(document=simpler)
        if simpler.get("versions", [{}]) and still(candidate):
            return shrink_document(candidate, still)
    return city


def shrink_rows(city: City, still: Callable[[City], bool]) -> City:
    needed = {"ticket_id", "at", "type", "unit", "offered", "answered", "points"}
    for place, step in enumerate(city.steps):
        for name in [name for name in step.row or () if name not in needed]:
            row = {key: value for key, value in city.steps[place].row.items() if key != name}
            candidate = city._replace(steps=city.steps[:place] + [step._replace(row=row)] + city.steps[place + 1:])
            if still(candidate):
                city, step = candidate, candidate.steps[place]
    return city


def readable(city: City) -> str:
    """The script with every instant in the city's zone."""
    zone_ms = policy_of(city.document).zone_ms

    def shown(step: Step) -> str:
        if step.row is None:
            return f"clock {format_instant(step.clock_ms, zone_ms)}"
        return json.dumps({key: format_instant(parse_instant(value), zone_ms) if key in ("at", "due_at", "accepted_at") else value
                           for key, value in step.row.items()}, ensure_ascii=False)
    lines = [line for step in city.steps for line in ([shown(step), "tell"] if step.tells else [shown(step)])]
    return "\n".join(["policy " + json.dumps(city.document, ensure_ascii=False), *lines])


def report(city: City, judges: tuple[Judge, Judge]) -> None:
    kinds = kinds_of(difference(city, judges))

    def still_differs(candidate: City) -> bool:
        try:
            for step in candidate.steps:
                if step.row:
                    event_of_json(step.row)
            lines = difference(candidate, judges)
        except (ValueError, KeyError):
            return False  # less of an event or a policy can be a bad one
        return bool(lines) and kinds_of(lines) <= kinds
    small = shrink(city, still_differs)
    print(f"seed {city.seed} differs ({len(city.steps)} steps, shrunk to {len(small.steps)})")
    print(readable(small))
    print("(- only the oracle, + only the other)")
    print("\n".join(difference(small, judges)), flush=True)


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
    parser.add_argument("--all", action="store_true", help="go on after a difference")
    options = parser.parse_args()
    judges = (each(judge_by_oracle), judge_by_cli(options.cli) if options.cli else each(judge_shuffled))
    failed = told = 0
    seeds = seeds_of(options.seeds)
    began_s = time.monotonic()
    for start in range(0, len(seeds), BATCH):
        batch = [cities.make(seed) for seed in seeds[start:start + BATCH]]
        for city, ours, theirs in zip(batch, *(judge(batch) for judge in judges)):
            told += len(ours)
            if differing(ours, theirs):
                failed += 1
                report(city, judges)
                if not options.all:
                    print(f"stopped at seed {city.seed}")
                    return 1
    print(f"{len(seeds)} cities, compared at {told} instants, {failed} differ ({time.monotonic() - began_s:.0f} s)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
