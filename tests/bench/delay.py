#!/usr/bin/env python3
"""delay.py - how long after its instant a timed alert lies in Kafka: at rest, under load, and when a whole day falls due at one instant.

Called by run.sh --delay, which builds. Real Kafka, whose own clock stamps the alerts as they are appended; wall clock; every rule on. One table at the end;
README.md says what its rows mean. An alert that is missing fails the run.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from collections import Counter
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Iterator, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "real"))

import state
import wire
from case import Case, Failure, program, run_case
from servers import Kafka
from stack import Stack

TIMED = ("overdue", "due-warnings")     # what these tickets raise by time alone
UNITS = 120
LEAD_S = 10.0                           # from the sending of the tickets to the first deadline
CITY = timezone(timedelta(hours=8))
WAIT_S = 120.0


class Row(NamedTuple):
    name: str
    alerts: int
    delays_ms: list[int]
    a_second: int       # the most in one second
    last_ms: int


def instant(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, CITY).isoformat(timespec="milliseconds")


def ticket(prefix: str, number: int, now_s: float, due_s: float) -> Iterator[str]:
    name = f"{prefix}{number:07d}"
    yield json.dumps({"ticket_id": name, "at": instant(now_s - 2), "type": "received", "kind": "complaint", "level": "city"})
    yield json.dumps({"ticket_id": name, "at": instant(now_s - 1), "type": "dispatched", "unit": f"unit-{number % UNITS}", "due_at": instant(due_s)})


def send(case: Case, stack: Stack, name: str, lines: list[str], *options: str) -> None:
    path = case.folder / f"{name}.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    case.run(program("hotline-replay"), "-b", stack.broker.brokers, "-q", "--no-marks", *options, str(path))


def wait_overdue(stack: Stack, prefix: str, count: int) -> list[tuple[int, int, str]]:
    """Instant, append time and rule of all timed alerts that fired of these tickets."""
    deadline = time.monotonic() + WAIT_S
    while True:
        found = [(alert["at_ms"], record.at_ms, alert["rule"]) for record in stack.kafka.records("hotline.alerts")
                 for alert in (wire.read_alert(record.value),) if alert["ticket_id"].startswith(prefix) and alert["state"] == "firing" and alert["rule"] in TIMED]
        overdue = sum(rule == "overdue" for _, _, rule in found)
        if overdue >= count:
            return found
        if time.monotonic() > deadline:
            raise Failure(f"{overdue} of {count} tickets {prefix}… are overdue")
        threading.Event().wait(1.0)


def row_of(name: str, found: list[tuple[int, int, str]], since_ms: int) -> Row:
    """A warning whose instant had passed when its ticket came tells nothing."""
    timed = [(at, appended) for at, appended, _ in found if at >= since_ms]
    delays = sorted(appended - at for at, appended in timed)
    by_second = Counter(appended // 1000 for _, appended in timed)
    return Row(name, len(delays), delays, max(by_second.values()), delays[-1])


def spread(case: Case, stack: Stack, name: str, prefix: str, count: int, over_s: float, load: int) -> Row:
    """Deadlines spread evenly over some seconds, beside so many events a second of other tickets."""
    now_s = time.time()
    first_s = now_s + LEAD_S
    lines = [line for i in range(count) for line in ticket(prefix, i, now_s, first_s + i * over_s / count)]
    send(case, stack, f"deadlines-{prefix}", lines)
    sent_ms = int(time.time() * 1000)
    if load:
        start_s, total = time.time(), int(load * (LEAD_S + over_s))
        other = [json.dumps({"ticket_id": f"load-{prefix}{i:07d}", "at": instant(start_s - 5 + i / load), "type": "received", "kind": "enquiry", "level": "city"})
                 for i in range(total)]
        send(case, stack, f"load-{prefix}", other, "--speed", "1x")
    return row_of(name, wait_overdue(stack, prefix, count), max(sent_ms, int(first_s * 1000)))


def midnight(case: Case, stack: Stack, count: int) -> Row:
    """All at one instant. The tickets must be stored before it comes."""
    now_s = time.time()
    due_s = float(int(now_s + LEAD_S + count / 5000))
    send(case, stack, "midnight", [line for i in range(count) for line in ticket("m", i, now_s, due_s)])
    if time.time() > due_s - 1:
        raise Failure("sending took too long: the instant has passed")
    found = [entry for entry in wait_overdue(stack, "m", count) if entry[2] == "overdue"]
    return row_of(f"midnight: {count:,} at one instant", found, int(due_s * 1000))


def at(delays: list[int], share: float) -> int:
    return delays[min(len(delays) - 1, int(len(delays) * share))]


def print_table(rows: list[Row]) -> None:
    print(f"\n{'ms from the instant to Kafka':<40} {'alerts':>8} {'50 %':>6} {'90 %':>6} {'99 %':>6} {'99.9 %':>7} {'last':>7} {'most a second':>14}")
    for row in rows:
        print(f"{row.name:<40} {row.alerts:>8,} {at(row.delays_ms, 0.5):>6} {at(row.delays_ms, 0.9):>6} {at(row.delays_ms, 0.99):>6} {at(row.delays_ms, 0.999):>7} "
              f"{row.last_ms:>7} {row.a_second:>14,}")


def main(case: Case) -> None:
    parser = argparse.ArgumentParser(prog="run.sh --delay")
    parser.add_argument("--deadlines", type=int, default=3000, help="of the rows at rest and under load (3000)")
    parser.add_argument("--seconds", type=float, default=30.0, help="over which they are spread (30)")
    parser.add_argument("--load", type=int, default=5000, help="events a second beside (5000)")
    parser.add_argument("--midnight", type=int, default=50000, help="tickets due at one instant (50000)")
    options = parser.parse_args()
    kafka = Kafka(case, "--partitions", "4")
    kafka.tool("kafka.admin.ConfigCommand", "--alter", "--entity-type", "topics", "--entity-name", "hotline.alerts", "--add-config", "message.timestamp.type=LogAppendTime")
    stack = Stack(case, kafka, clock="wall")
    stack.add("hotline-units")
    stack.add("hotline-tickets")
    stack.start()
    rows = [spread(case, stack, "at rest", "r", options.deadlines, options.seconds, 0),
            spread(case, stack, f"beside {options.load:,} events a second", "b", options.deadlines, options.seconds, options.load),
            midnight(case, stack, options.midnight)]
    print_table(rows)
    if state.outboxes(stack.redis.client):
        raise Failure("alerts wait in an outbox")
    stack.stop()


if __name__ == "__main__":
    run_case(main)
