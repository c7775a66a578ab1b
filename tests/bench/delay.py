#!/usr/bin/env python3
"""delay.py - how long after its instant a timed alert lies in Kafka: at rest, beside shares of the highest load, and when a whole day falls due at one instant.

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
from typing import Iterable, Iterator, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "real"))

import state
import wire
from case import Case, Failure, program, run_case, wait_until
from servers import Kafka
from stack import Stack

TIMED = ("overdue", "due-warnings")     # what these tickets raise by time alone
UNITS = 120
LEAD_S = 10.0                           # from the sending of the tickets to the first deadline
SHARES = (10, 50, 90)                   # per cent of the highest load
CITY = timezone(timedelta(hours=8))
WAIT_S = 120.0


# The load: tickets with a caller and a place each, as if from a city, of which 1 000 are at each stage of their lives.
STAGES = ("received", "dispatched", "resolved", "rated")
APART = 1000 * len(STAGES) + 1          # events of others between two of a ticket
PEOPLE, HOUSES, PLACES = 999_983, 399_989, 5    # primes, so that neighbours are strangers


class Row(NamedTuple):
    name: str
    alerts: int
    delays_ms: list[int]
    a_second: int       # the most in one second
    last_ms: int
    load: float = 0     # events a second that were sent beside it


def instant(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, CITY).isoformat(timespec="milliseconds")


def ticket(prefix: str, number: int, now_s: float, due_s: float) -> Iterator[str]:
    name = f"{prefix}{number:07d}"
    yield json.dumps({"ticket_id": name, "at": instant(now_s - 2), "type": "received", "kind": "complaint", "level": "city"})
    yield json.dumps({"ticket_id": name, "at": instant(now_s - 1), "type": "dispatched", "unit": f"unit-{number % UNITS}", "due_at": instant(due_s)})


def load_event(prefix: str, number: int, at_ms: int) -> str:
    """The number of the ticket and its stage follow from the event's own, and so no ticket waits for another."""
    stage = number % len(STAGES)
    ticket_number = (number - stage * APART) // len(STAGES)
    head = f'{{"ticket_id":"{prefix}{ticket_number:09d}","at":{at_ms},"type":"{STAGES[stage]}"'
    if stage == 0:
        return (f'{head},"kind":"complaint","level":"city","channel":"phone","district":"D{ticket_number % 8}","category":"A/{ticket_number % 97}",'
                f'"caller":"c-{ticket_number * 7919 % PEOPLE:06x}","place":"P{ticket_number % PLACES}-{ticket_number * 31 % HOUSES}"}}')
    if stage == 3:
        return f'{head},"satisfied":{"false" if ticket_number % 20 == 0 else "true"},"stars":{3 if ticket_number % 20 == 0 else 5}}}'
    return f'{head},"unit":"unit-{ticket_number % UNITS}"}}'


def load_lines(prefix: str, a_second: float, total: int) -> Iterator[str]:
    """Later stages of tickets from before the first event begin the load."""
    start_ms = time.time() * 1000
    return (load_event(prefix, number + len(STAGES) * APART, int(start_ms + number * 1000 / a_second)) for number in range(total))


def write(case: Case, name: str, lines: Iterable[str]) -> Path:
    path = case.folder / f"{name}.jsonl"
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)
    return path


def send(case: Case, stack: Stack, path: Path, *options: str) -> float:
    """Returns how many seconds it took."""
    began = time.monotonic()
    case.run(program("hotline-replay"), "-b", stack.broker.brokers, "-q", "--no-marks", *options, str(path))
    path.unlink()
    return time.monotonic() - began


def wait_taken_in(stack: Stack) -> None:
    wait_until("all events are taken in", lambda: not state.lag(stack.redis.client, stack.kafka))


def find_highest(case: Case, stack: Stack, total: int) -> float:
    """Events a second from the first sent to the last taken in, sent as fast as can be. Sender, broker, Redis and consumers have the same cores, as they have beside the shares."""
    path = write(case, "flood", load_lines("flood-", 1e9, total))
    began = time.monotonic()
    send(case, stack, path)
    wait_taken_in(stack)
    return total / (time.monotonic() - began)


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


def spread(case: Case, stack: Stack, name: str, prefix: str, options: argparse.Namespace, load: float = 0) -> Row:
    """Deadlines spread evenly over some seconds, beside so many events a second of other tickets."""
    count, over_s = options.deadlines, options.seconds
    total = int(load * (LEAD_S + over_s))
    load_path = write(case, f"load-{prefix}", load_lines(f"load-{prefix}", load, total)) if total else None
    now_s = time.time()
    first_s = now_s + LEAD_S
    send(case, stack, write(case, f"deadlines-{prefix}", (line for i in range(count) for line in ticket(prefix, i, now_s, first_s + i * over_s / count))))
    sent_ms = int(time.time() * 1000)
    seconds = send(case, stack, load_path, "--speed", "1x") if load_path else 1
    row = row_of(name, wait_overdue(stack, prefix, count), max(sent_ms, int(first_s * 1000)))
    wait_taken_in(stack)
    return row._replace(load=total / seconds)


def midnight(case: Case, stack: Stack, count: int) -> Row:
    """All at one instant. The tickets must be stored before it comes."""
    now_s = time.time()
    due_s = float(int(now_s + LEAD_S + count / 5000))
    send(case, stack, write(case, "midnight", (line for i in range(count) for line in ticket("m", i, now_s, due_s))))
    if time.time() > due_s - 1:
        raise Failure("sending took too long: the instant has passed")
    found = [entry for entry in wait_overdue(stack, "m", count) if entry[2] == "overdue"]
    return row_of(f"midnight: {count:,} at one instant", found, int(due_s * 1000))


def at(delays: list[int], share: float) -> int:
    return delays[min(len(delays) - 1, int(len(delays) * share))]


def print_table(rows: list[Row]) -> None:
    print(f"\n{'ms from the instant to Kafka':<40} {'alerts':>8} {'50 %':>6} {'90 %':>6} {'99 %':>6} {'99.9 %':>7} {'last':>7} {'most a second':>14} {'events a second sent':>21}")
    for row in rows:
        print(f"{row.name:<40} {row.alerts:>8,} {at(row.delays_ms, 0.5):>6} {at(row.delays_ms, 0.9):>6} {at(row.delays_ms, 0.99):>6} {at(row.delays_ms, 0.999):>7} "
              f"{row.last_ms:>7} {row.a_second:>14,} {row.load:>21,.0f}")


def main(case: Case) -> None:
    parser = argparse.ArgumentParser(prog="run.sh --delay")
    parser.add_argument("--deadlines", type=int, default=3000, help="of the rows at rest and under load (3000)")
    parser.add_argument("--seconds", type=float, default=30.0, help="over which they are spread (30)")
    parser.add_argument("--highest", type=float, default=0, help="the highest load, in events a second, of which shares are sent beside (measured by a flood before)")
    parser.add_argument("--flood", type=int, default=1_000_000, help="events of that flood (1000000)")
    parser.add_argument("--midnight", type=int, default=50000, help="tickets due at one instant (50000)")
    options = parser.parse_args()
    kafka = Kafka(case, "--partitions", "4")
    kafka.tool("kafka.admin.ConfigCommand", "--alter", "--entity-type", "topics", "--entity-name", "hotline.alerts", "--add-config", "message.timestamp.type=LogAppendTime")
    stack = Stack(case, kafka, clock="wall")
    stack.add("hotline-units")
    stack.add("hotline-tickets")
    stack.start()
    rows = [spread(case, stack, "at rest", "r", options)]
    highest = options.highest or find_highest(case, stack, options.flood)
    rows += [spread(case, stack, f"at {share} % of {highest:,.0f} events a second", f"b{share}-", options, highest * share / 100) for share in SHARES]
    rows.append(midnight(case, stack, options.midnight))
    print_table(rows)
    if state.outboxes(stack.redis.client):
        raise Failure("alerts wait in an outbox")
    stack.stop()


if __name__ == "__main__":
    run_case(main)
