#!/usr/bin/env python3
"""scale.py - what an event costs beside more and more stored tickets and with several consumers, and how fast they are back after a stop.

Called by run.sh --scale, which builds. Each column has a real Kafka and a Redis of its own, one after the other; counters are checked against the truth.
README.md says what the rows mean.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import Iterator, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "real"))

from bench import MIB, PARTITIONS, Broker, Cell, City, Figures, Ours, file_bytes, memory_mib, rows_of, tell
from case import Case, program, run_case

# The stored tickets come from bench.FIRST_DAY on. Between the pieces lies what is left of the lives and deadlines of the one before.
FURTHER_DAY, HOUR_DAY, BUSY_DAY = "2025-08-01", "2026-01-05", "2026-03-02"
# Beijing: 20 million tickets a year. Source: design.md, Scale.
HOUR_TICKETS = 20_000_000 // (365 * 24)
BUSY = 10
# What is told again after a start reaches back 10 minutes as shipped: to all of what was just taken in. Of a city that has stored so much in months it is no more than this.
SETTLE = ("--settle", "10s")
COST_ROWS = ("events", "seconds, first event to last total", "events a second", "CPU us an event: hotline-tickets", "CPU us an event: hotline-units", "CPU us an event: Redis",
             "CPU us an event: consumers and Redis", "CPU us an event: broker", "peak MiB: hotline-tickets", "live MiB: hotline-tickets", "other_cpu seconds")

Row = tuple[str, str, Cell]


class Stored(NamedTuple):
    tickets: int
    whole: Figures      # while they came
    redis_bytes: int    # of all of them
    redis_mib: float    # resident, at the most
    log_bytes: int      # of all topics
    further: Figures
    hour: Figures
    busy: Figures


def a_city(case: Case, name: str) -> City:
    return City(case, Broker(case, "--partitions", PARTITIONS, name=name))


def clear(city: City, ours: Ours) -> None:
    """Nothing is left of a column, since the next may need the room."""
    ours.end()
    city.broker.kill()
    for folder in (city.broker.folder, ours.redis.folder):
        shutil.rmtree(folder)


def measure_next(city: City, ours: Ours, tickets: int, day: str, days: int) -> Figures:
    """A further piece that has come while no consumer ran, when all that was due before it has been done."""
    city.pass_time(day)
    ours.wait()
    ours.stack.stop()
    city.send(tickets, day, days)
    return ours.measure()


def measure_stored(case: Case, options: argparse.Namespace, tickets: int) -> Stored:
    city = a_city(case, f"kafka-{tickets}")
    city.send(tickets)
    ours = Ours(case, city, options, city.policy, *SETTLE)
    whole = ours.measure()
    case.say(f"{tickets:,} tickets are stored, {both_us(whole):.2f} us an event, ready again in {whole.again_s:.2f} s")
    log_bytes, redis_mib = file_bytes(city.broker.folder / "data"), memory_mib(ours.redis.process.pid, "VmHWM")
    further = measure_next(city, ours, options.further, FURTHER_DAY, options.days)
    hour = measure_next(city, ours, options.hour, HOUR_DAY, 1)
    busy = measure_next(city, ours, options.hour * BUSY, BUSY_DAY, 1)
    clear(city, ours)
    return Stored(tickets, whole, whole.redis_bytes, redis_mib, log_bytes, further, hour, busy)


def measure_consumers(case: Case, options: argparse.Namespace, consumers: int) -> Figures:
    city = a_city(case, f"kafka-of-{consumers}")
    city.send(options.further)
    ours = Ours(case, city, options, city.policy, *SETTLE, consumers=consumers)
    figures = ours.measure()
    clear(city, ours)
    return figures


def cost_rows(figures: Figures, tickets: int) -> list[Row]:
    return [row for row in rows_of(figures, tickets) if row[0] in COST_ROWS]


def both_us(figures: Figures) -> float:
    """Consumers and Redis, an event."""
    return sum(cpu for process, cpu in figures.cpu.items() if process not in ("broker", "other")) * 1e6 / figures.events


def stop_rows(name: str, figures: Figures) -> Iterator[Row]:
    yield f"{name}: events", "{:,}", figures.events
    yield f"{name}: seconds until ready", "{:.2f}", figures.ready_s
    yield f"{name}: seconds until nothing is left", "{:.2f}", figures.done_s


def stored_rows(stored: Stored, first: Stored, options: argparse.Namespace) -> list[Row]:
    further = f"{options.further:,} further"
    return [
        *cost_rows(stored.whole, stored.tickets),
        ("Redis bytes a ticket", "{:.1f}", stored.redis_bytes / stored.tickets),
        ("Redis MiB, at the most", "{:.1f}", stored.redis_mib),
        ("Redis file MiB", "{:.1f}", stored.whole.file_bytes / MIB),
        ("Kafka's logs MiB", "{:.1f}", stored.log_bytes / MIB),
        ("seconds until ready, started again", "{:.2f}", stored.whole.again_s),
        *((f"{further}: {name}", form, value) for name, form, value in cost_rows(stored.further, options.further)),
        (f"{further}: times the first column's cost", "{:.2f}", both_us(stored.further) / both_us(first.further)),
        (f"{further}: seconds until ready", "{:.2f}", stored.further.ready_s),
        *stop_rows("after an hour's stop", stored.hour),
        *stop_rows(f"after {BUSY} such hours", stored.busy),
    ]


def consumers_rows(figures: Figures, options: argparse.Namespace) -> list[Row]:
    return [*cost_rows(figures, options.further), ("seconds until all are ready", "{:.2f}", figures.ready_s)]


def print_columns(title: str, columns: dict[str, list[Row]]) -> None:
    width = max(len(name) for rows in columns.values() for name, _, _ in rows) + 1
    print(f"\n{title:<{width}}" + "".join(f" {name:>12}" for name in columns))
    for rows in zip(*columns.values()):
        print(f"{rows[0][0]:<{width}}" + "".join(f" {tell(form, value):>12}" for _, form, value in rows), flush=True)


def main(case: Case) -> None:
    parser = argparse.ArgumentParser(prog="run.sh --scale", description="What an event costs beside many tickets, and with several consumers.")
    parser.add_argument("--stored", type=int, nargs="*", default=[10_000, 1_000_000, 10_000_000], help="columns of so many stored tickets (10000 1000000 10000000)")
    parser.add_argument("--consumers", type=int, nargs="*", default=[1, 2, 4], help="columns of so many hotline-tickets, with the further tickets alone (1 2 4)")
    parser.add_argument("--further", type=int, default=1_000_000, help="tickets that come when the others are stored (1000000)")
    parser.add_argument("--days", type=int, default=90, help="over so many days (90)")
    parser.add_argument("--hour", type=int, default=HOUR_TICKETS, help=f"tickets in an hour ({HOUR_TICKETS}: Beijing's)")
    parser.add_argument("--idle", type=float, default=15, help="seconds of rest before memory is measured once more (15)")
    parser.add_argument("--timeout", type=float, default=900, help="the most that a run may take, in seconds (900)")
    options = parser.parse_args()
    options.profile = False
    for name in ("hotline-tickets", "hotline-units", "hotline-simulate", "hotline-replay"):
        program(name)
    stored = [measure_stored(case, options, tickets) for tickets in options.stored]
    if stored:
        print_columns("stored", {f"{column.tickets:,}": stored_rows(column, stored[0], options) for column in stored})
    columns = {str(count): consumers_rows(measure_consumers(case, options, count), options) for count in options.consumers}
    if columns:
        print_columns(f"consumers, {options.further:,} tickets", columns)


if __name__ == "__main__":
    run_case(main)
