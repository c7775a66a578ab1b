#!/usr/bin/env python3
"""chaos.py BROKER - a city's events arrive while everything that may die dies; in the end nothing may be different.

BROKER is devbroker or kafka. Two instances of each consumer are killed again and again, owners are frozen until somebody else has taken over and then go on
(zombies), a rival of another group fights for the same shards, Redis is killed, with and without the last second of its log. Afterwards counters, tickets and
the last state of every alert are those of an undisturbed run, totals are the sums of their partials, outboxes are empty, and the last values published are
the stored ones.

HOTLINE_CHAOS_SECONDS   how long events are sent (40 with devbroker, 75 with Kafka)
HOTLINE_CHAOS_SEED      what dies when; printed, so that a failure can be tried again
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable

import state
from case import Case, Failure, check, check_same, program, run_case
from servers import DevBroker, Kafka
from stack import Consumer, Stack

TICKETS = {"devbroker": 2500, "kafka": 6000}
SECONDS = {"devbroker": 40, "kafka": 75}
KILLS_MIN = {"devbroker": 8, "kafka": 30}  # with devbroker a group needs 4 s after each
SAMPLE = 150          # tickets that are compared event by event
TICK_S = 0.02
LAST_SECOND_S = 1.0   # of Redis's log that a power cut may take
AT_WORK_S = 0.2       # who wrote so lately is at work
PATIENCE_S = 5.0      # with those who are not


def write_policy(case: Case) -> Path:
    """Its roster, units.yaml, is to lie beside it."""
    policy = case.folder / "policy.yaml"
    policy.write_text('zone: "+08:00"\ncalendar: cn\nroster: units.yaml\n', encoding="utf-8")
    return policy


def read_truth(path: Path) -> dict[state.Key, int]:
    """What hotline-simulate says that the counters must be."""
    rows = (line.rsplit(" ", 3) for line in path.read_text(encoding="utf-8").splitlines())
    return {(dimension, day, name): int(value) for dimension, day, name, value in rows}


class City:
    """Events by a seed, and what they must amount to."""

    def __init__(self, case: Case, seed: int, tickets: int) -> None:
        truth, roster = case.folder / "truth", case.folder / "units.yaml"
        self.policy = write_policy(case)
        text = case.run(program("hotline-simulate"), "--output", "-", "--seed", str(seed), "--tickets", str(tickets), "--units", "40", "--from", "2024-03-01",
                        "--days", "30", "--swap", "5", "--duplicate", "3", "--truth", str(truth), "--write-roster", str(roster))
        self.lines = text.splitlines(keepends=True)
        self.ids = sorted({json.loads(line).get("ticket_id", "") for line in self.lines} - {""})
        self.truth = read_truth(truth)


class Feed:
    """Sends the lines evenly over the seconds, whatever happens to those who read them."""

    def __init__(self, stack: Stack, lines: list[str], seconds: float) -> None:
        self.lines, self.seconds, self.sent, self.start = lines, seconds, 0, time.monotonic()
        self.replay = stack.case.start("replay", [program("hotline-replay"), "-b", stack.broker.brokers, "-"], stdin=subprocess.PIPE)
        assert self.replay.child.stdin
        self.pipe = self.replay.child.stdin

    def elapsed(self) -> float:
        return time.monotonic() - self.start

    def advance(self) -> None:
        due = min(len(self.lines), int(len(self.lines) * self.elapsed() / self.seconds))
        self.pipe.write("".join(self.lines[self.sent:due]).encode())
        self.pipe.flush()
        self.sent = due

    def finish(self) -> None:
        self.pipe.write("".join(self.lines[self.sent:]).encode())
        self.pipe.close()
        check("exit code of hotline-replay", 0, self.replay.end())


class Outcome:
    """What a run leaves behind."""

    def __init__(self, stack: Stack, ids: list[str]) -> None:
        self.days = state.partials(stack.redis.client)
        self.months = state.months(stack.redis.client)
        self.alerts = state.alerts(stack.kafka)
        self.listed = {row["id"]: row["state"] for row in stack.hotline("alerts") if not state.is_gone(row["rule"], row["state"])}
        self.tickets = {row["ticket_id"]: row for row in stack.hotline("ticket", *ids)}

    def check_like(self, wanted: "Outcome") -> None:
        check_same("partial counters by day", wanted.days, self.days)
        check_same("running counters by month", wanted.months, self.months)
        check_same("last states of alerts in the topic", wanted.alerts, self.alerts)
        check_same("alerts by hotline alerts", wanted.listed, self.listed)
        check_same("tickets by hotline ticket", wanted.tickets, self.tickets)


class Chaos:
    def __init__(self, stack: Stack, feed: Feed, seed: int, kills: int) -> None:
        self.stack, self.feed, self.random, self.kills = stack, feed, random.Random(seed), kills
        self.later: list[tuple[float, Callable[[], None]]] = []
        self.down: set[str] = set()      # labels of those who are not to be hurt now
        self.log: Path | None = None
        self.log_sizes: list[tuple[float, int]] = []
        self.counts = dict.fromkeys(("kills", "zombies", "rivals", "redis kills", "bytes lost"), 0)

    # -- when

    def plan(self) -> None:
        seconds = self.feed.seconds
        for number in range(self.kills):
            self._at_work((number + self.random.random()) * seconds / self.kills, AT_WORK_S, self.kill_somebody)
        for name in ("hotline-tickets", "hotline-units", "hotline-tickets"):
            self._at(self.random.uniform(1, seconds * 0.7), lambda name=name: self.freeze_somebody(name))
        self._at(self.random.uniform(1, seconds * 0.8), self.start_rival)
        for loses in (False, True, True, True, True):
            self._at_work(self.random.uniform(3, seconds - 1), LAST_SECOND_S, lambda loses=loses: self.kill_redis(loses))

    def _at(self, when: float, what: Callable[[], None]) -> None:
        self.later.append((when, what))

    def run(self) -> None:
        self.plan()
        while self.feed.elapsed() < self.feed.seconds or self.later:
            self.feed.advance()
            self._note_log_size()
            for entry in [entry for entry in sorted(self.later, key=lambda entry: entry[0]) if entry[0] <= self.feed.elapsed()]:
                self.later.remove(entry)
                entry[1]()
            time.sleep(TICK_S)

    # -- what

    def _candidates(self, name: str = "") -> list[Consumer]:
        return [consumer for consumer in self.stack.consumers if consumer.label not in self.down and consumer.name.startswith(name)]

    def _check_alive(self, consumer: Consumer) -> None:
        assert consumer.process
        if not consumer.process.is_running():
            raise Failure(f"{consumer.label} ended by itself with {consumer.process.child.returncode}:\n{consumer.process.text()[-3000:]}")

    def _is_at_work(self, since_s: float) -> bool:
        """Something was written to Redis within the time."""
        before = [size for at, size in self.log_sizes if at <= time.monotonic() - since_s]
        return bool(before) and self.log_sizes[-1][1] > before[-1]

    def when_at_work(self, since_s: float, what: Callable[[], None], give_up_at: float) -> None:
        if self._is_at_work(since_s) or self.feed.elapsed() > give_up_at:
            what()
        else:
            self._at(self.feed.elapsed() + TICK_S, lambda: self.when_at_work(since_s, what, give_up_at))

    def _at_work(self, when: float, since_s: float, what: Callable[[], None]) -> None:
        self._at(when, lambda: self.when_at_work(since_s, what, when + PATIENCE_S))

    def kill_somebody(self) -> None:
        consumer = self.random.choice(self._candidates() or [None])
        if not consumer:
            self._at(self.feed.elapsed() + 0.5, self.kill_somebody)
            return
        # Now and then away for longer than the session: the other one must take over.
        self.kill(consumer, self.random.choice((0,) * 6 + (self.random.uniform(0, 2),) * 2 + (self.stack.broker.session_s + 2,)))

    def kill(self, consumer: Consumer, away_s: float) -> None:
        self._check_alive(consumer)
        assert consumer.process
        consumer.process.kill()
        self.counts["kills"] += 1
        self.down.add(consumer.label)
        self._at(self.feed.elapsed() + away_s, lambda: self._bring_back(consumer))

    def _bring_back(self, consumer: Consumer) -> None:
        consumer.start()
        self.down.discard(consumer.label)

    def freeze_somebody(self, name: str) -> None:
        consumer = self.random.choice(self._candidates(name) or [None])
        if not consumer:
            self._at(self.feed.elapsed() + 0.5, lambda: self.freeze_somebody(name))
            return
        self.freeze(consumer)

    def freeze(self, consumer: Consumer) -> None:
        self._check_alive(consumer)
        self.stack.freeze(consumer)
        self.counts["zombies"] += 1
        self.down.add(consumer.label)
        self._at(self.feed.elapsed() + self.stack.broker.session_s + self.random.uniform(1, 4), lambda: self._thaw(consumer))

    def _thaw(self, consumer: Consumer) -> None:
        self.stack.thaw(consumer)
        self.down.discard(consumer.label)

    def start_rival(self) -> None:
        """Of another group, so that Kafka gives it all partitions as well: only the heads in Redis keep them apart."""
        rival = Consumer(self.stack, "hotline-tickets", 9, *self.stack.policy_options, "-G", "rivals")
        rival.start()
        self.counts["rivals"] += 1
        self._at(self.feed.elapsed() + self.random.uniform(5, 9), lambda: self._end_rival(rival))

    def _end_rival(self, rival: Consumer) -> None:
        self._check_alive(rival)
        assert rival.process
        rival.process.kill()

    def _note_log_size(self) -> None:
        now = time.monotonic()
        self.log_sizes = [entry for entry in self.log_sizes if entry[0] > now - 2 * LAST_SECOND_S]
        log = self.stack.redis.log_file()
        if log != self.log:  # rewritten: another file
            self.log, self.log_sizes = log, []
        self.log_sizes.append((now, log.stat().st_size))

    def kill_redis(self, loses: bool) -> None:
        redis = self.stack.redis
        self._note_log_size()  # so that there is one, even where it is killed twice within a tick
        redis.kill()
        self.counts["redis kills"] += 1
        if loses:
            before = [size for at, size in self.log_sizes if at <= time.monotonic() - LAST_SECOND_S] or [self.log_sizes[0][1]]
            self.counts["bytes lost"] += redis.forget_since(self.random.randint(before[-1], redis.log_file().stat().st_size))
        self.log_sizes = []
        redis.start()


def undisturbed(case: Case, city: City, sample: list[str]) -> Outcome:
    # More partitions where one holds 5 MiB only; the alerts of this run must all be kept.
    stack = Stack(case, DevBroker(case, "--topics", "hotline.alerts:8", name="devbroker-quiet"), policy=city.policy, name="redis-quiet")
    stack.add("hotline-tickets")
    stack.add("hotline-units")
    stack.start()
    stack.replay("-", text="".join(city.lines))
    stack.settle(has_all_counters=False)
    outcome = Outcome(stack, sample)
    stack.stop()
    counted = {key: value for key, value in outcome.days.items() if state.is_base(key[0])}
    check_same("counters by the simulator's own truth", state.told(city.truth), state.told(counted))
    case.say(f"undisturbed: {len(outcome.days)} counters, {len(outcome.alerts)} alerts")
    return outcome


def disturbed(case: Case, city: City, broker: DevBroker | Kafka, seed: int, seconds: float) -> Stack:
    stack = Stack(case, broker, policy=city.policy)
    for name in ("hotline-tickets", "hotline-units"):
        for number in range(2):
            # Who comes back soon is the same member and goes on at once: most of the time somebody is at work that can be killed.
            stack.add(name, "--instance-id", f"{name}-{number}")
    stack.start()
    kills_min = KILLS_MIN["kafka" if broker.is_real else "devbroker"]
    chaos = Chaos(stack, Feed(stack, city.lines, seconds), seed, max(kills_min + 1, int(seconds / 60 * kills_min)))
    chaos.run()
    chaos.feed.finish()
    case.say(f"chaos is over: {chaos.counts}")
    if chaos.counts["kills"] < kills_min:
        raise Failure(f"only {chaos.counts['kills']} kills")
    return stack


def main(case: Case) -> None:
    broker_name = (sys.argv[1:] or ["devbroker"])[0]
    seed = int(os.environ.get("HOTLINE_CHAOS_SEED") or random.SystemRandom().randrange(1, 1 << 31))
    seconds = float(os.environ.get("HOTLINE_CHAOS_SECONDS") or SECONDS[broker_name])
    case.say(f"HOTLINE_CHAOS_SEED={seed} HOTLINE_CHAOS_SECONDS={seconds:g}")
    city = City(case, seed, TICKETS[broker_name])
    sample = sorted(random.Random(seed).sample(city.ids, SAMPLE))
    wanted = undisturbed(case, city, sample)
    stack = disturbed(case, city, Kafka(case) if broker_name == "kafka" else DevBroker(case), seed, seconds)
    has_all_counters = broker_name == "kafka"  # devbroker forgets the oldest
    stack.settle(has_all_counters)
    Outcome(stack, sample).check_like(wanted)
    stack.stop()
    stack.settle(has_all_counters)
    Outcome(stack, sample).check_like(wanted)
    case.say("nothing is different")


if __name__ == "__main__":
    run_case(main)
