#!/usr/bin/env python3
"""soak.py [SECONDS [FAULT_SECONDS]] - 5 000 events a second for an hour, and a fault every minute: counters are exact, memory and descriptors stay flat.

A real Kafka, two instances of each consumer, and a made-up city as large as Beijing (20 million tickets a year), which is sent evenly: an hour is some eleven weeks
of it. By the event clock: on the wall's, an hour would see tickets come and hardly one of them fall due, be answered and be rated, and only on the events' own does
the simulation know what the counters must be in the end.

The faults go round, one a minute: kill -9 of a consumer of each program (away for a moment, or until the other one has taken over), SIGSTOP of each until it is a
zombie, Redis killed, Redis killed with up to a second of its file cut off, Kafka killed and started again. The first instance of each program is killed once, at the
start; then it lives to the end, through all the takeovers and lost connections that follow, so that there is somebody to watch.

Flat means, for each process of ours that lives for LIFE_S or longer, by thirds of its life: the median of its resident memory in the last third is at most a
quarter and 4 MiB above that of the second, and the largest number of descriptors at most 4 above. The median, because the peak is of catching up after a fault, and how
high that is, is chance; a leak lifts both. Redis grows with the tickets, which it has to keep: its bytes a ticket at the end are at most a tenth above those after two thirds.

In the end counters are the simulation's, totals are the sums of their partials and those that were published, the last state of every alert in the topic is what the
tickets give, and nothing is a dead letter. Alerts of links between tickets are compared with an undisturbed run by chaos.py.

HOTLINE_CHAOS_SEED      the city, and who is hurt when; printed
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from itertools import islice
from pathlib import Path
from typing import Callable, NamedTuple

import state
import wire
from case import Case, Failure, Process, check, check_same, clean_environment, program, run_case
from chaos import LAST_SECOND_S, Chaos, Feed, read_truth, write_policy
from redis_client import RedisError
from servers import Kafka
from stack import Consumer, Stack

SECONDS = 3600.0
RATE = 5000              # events a second
EVENTS_PER_TICKET = 4.3  # what the simulation makes of a ticket, with those that come twice
TICKETS_PER_DAY = 55000  # of 20 million a year
FAULT_S = 60.0
TICK_S = 0.05
SAMPLE_S = 1.0
LIFE_S = 1000.0
MEMORY_TIMES, MEMORY_MORE_KIB = 1.25, 4096
DESCRIPTORS_MORE = 4
REDIS_TIMES = 1.1
SHOWN = 5
LOG_BYTES = 512 << 20    # then the append-only file is written anew, as deploy/redis/redis.conf would


class Steady(Feed):
    """Sends the lines that the simulation is just making up, so many a second, from a thread of its own: no fault keeps it waiting."""

    def __init__(self, stack: Stack, seed: int, seconds: float) -> None:
        super().__init__(stack, [], seconds)
        self.truth = stack.case.folder / "truth"
        tickets = int(seconds * RATE / EVENTS_PER_TICKET)
        with open(stack.case.logs / "simulate", "wb") as log:
            self.city = subprocess.Popen([program("hotline-simulate"), "--output", "-", "--seed", str(seed), "--tickets", str(tickets), "--from", "2024-03-01", "--days",
                                          str(max(2, tickets // TICKETS_PER_DAY)), "--swap", "2", "--duplicate", "1", "--truth", str(self.truth)],
                                         stdout=subprocess.PIPE, stderr=log, env=clean_environment(), bufsize=1 << 20)
        stack.case.at_exit.append(self.city.kill)
        self.problem, self.lasted_s = "", 0.0
        self.thread = threading.Thread(target=self._send, daemon=True)
        self.start = time.monotonic()
        self.thread.start()

    def _send(self) -> None:
        assert self.city.stdout
        try:
            while True:
                due = int(RATE * self.elapsed()) - self.sent
                lines = list(islice(self.city.stdout, due))
                if due > 0 and not lines:
                    break
                self.pipe.write(b"".join(lines))
                self.pipe.flush()
                self.sent += len(lines)
                time.sleep(TICK_S)
        except OSError as problem:
            self.problem = str(problem)
        self.lasted_s = self.elapsed()

    def is_sending(self) -> bool:
        return self.thread.is_alive()

    def finish(self) -> None:
        self.thread.join()
        check("what the sender met", "", self.problem)
        check("exit code of hotline-simulate", 0, self.city.wait())
        super().finish()


class Sample(NamedTuple):
    at_s: float
    label: str
    pid: int
    memory_kib: int
    descriptors: int


class Watch:
    """Memory and descriptors, second by second."""

    def __init__(self, stack: Stack, feed: Steady) -> None:
        self.stack, self.feed = stack, feed
        self.samples: list[Sample] = []
        self.redis: list[tuple[float, int, int]] = []  # at, used_memory, events that were sent until then
        self.next_s = 0.0

    def look(self) -> None:
        if self.feed.elapsed() < self.next_s:
            return
        self.next_s = self.feed.elapsed() + SAMPLE_S
        for label, process in [(consumer.label, consumer.process) for consumer in self.stack.consumers] + [("hotline-replay", self.feed.replay)]:
            if process and process.is_running():
                self._look_at(label, process)
        try:
            used = next(line for line in self.stack.redis.client("INFO", "memory").decode().splitlines() if line.startswith("used_memory:"))
            self.redis.append((self.feed.elapsed(), int(used.split(":")[1]), self.feed.sent))
        except RedisError:
            pass  # just killed, or still loading

    def _look_at(self, label: str, process: Process) -> None:
        folder = Path(f"/proc/{process.pid}")
        pages = int((folder / "statm").read_text(encoding="ascii").split()[1])
        self.samples.append(Sample(self.feed.elapsed(), label, process.pid, pages * os.sysconf("SC_PAGE_SIZE") // 1024, len(list((folder / "fd").iterdir()))))

    def lives(self) -> dict[tuple[str, int], list[Sample]]:
        found: dict[tuple[str, int], list[Sample]] = {}
        for sample in self.samples:
            found.setdefault((sample.label, sample.pid), []).append(sample)
        return found

    def check_flat(self) -> None:
        watched = set()
        for (label, pid), samples in self.lives().items():
            if samples[-1].at_s - samples[0].at_s >= LIFE_S:
                watched.add(label)
                self._check_process(f"{label} ({pid})", thirds(samples))
        redis = [used / sent for _, used, sent in (part[-1] for part in thirds(self.redis))]
        if self.feed.elapsed() < LIFE_S:
            self.stack.case.say("too short to say whether memory is flat")
            return
        check("who was watched", {"hotline-tickets-0", "hotline-units-0", "hotline-replay"}, watched)
        if redis[2] > REDIS_TIMES * redis[1]:
            raise Failure(f"Redis: {redis[1]:.1f} bytes an event after two thirds, {redis[2]:.1f} at the end")

    @staticmethod
    def _check_process(name: str, parts: list[list[Sample]]) -> None:
        second, last = (statistics.median(sample.memory_kib for sample in part) for part in parts[1:])
        if last > MEMORY_TIMES * second + MEMORY_MORE_KIB:
            raise Failure(f"{name}: {second:.0f} KiB in the second third of its life, {last:.0f} in the last")
        before, after = (max(sample.descriptors for sample in part) for part in parts[1:])
        if after > before + DESCRIPTORS_MORE:
            raise Failure(f"{name}: {before} descriptors in the second third of its life, {after} in the last")

    def table(self) -> list[str]:
        lives = self.lives()
        rows = [f"{'process':<20} {'lives':>5} {'longest s':>9}   {'resident MiB by third, median (largest)':<44} {'descriptors, largest':>20}"]
        for label in sorted({label for label, _ in lives}):
            spans = [samples[-1].at_s - samples[0].at_s for (of, _), samples in lives.items() if of == label]
            parts = thirds([sample for sample in self.samples if sample.label == label])
            memory = [f"{statistics.median(s.memory_kib for s in part) / 1024:.1f} ({max(s.memory_kib for s in part) / 1024:.1f})" for part in parts]
            rows.append(f"{label:<20} {len(spans):>5} {max(spans):>9.0f}   {'  '.join(f'{entry:>13}' for entry in memory):<44} "
                        f"{'  '.join(str(max(s.descriptors for s in part)) for part in parts):>20}")
        ends = [part[-1] for part in thirds(self.redis)]
        rows.append("Redis, used MiB and bytes a ticket at the end of each third: "
                    + ", ".join(f"{used / (1 << 20):.0f} and {used / (sent / EVENTS_PER_TICKET):.0f}" for _, used, sent in ends))
        return rows


def thirds(samples: list) -> list[list]:
    """By number; they are taken at even distances."""
    size = max(1, len(samples) // 3)
    return [samples[:size], samples[size:2 * size], samples[2 * size:]]


class Soak(Chaos):
    def __init__(self, stack: Stack, kafka: Kafka, feed: Steady, seed: int, fault_s: float) -> None:
        super().__init__(stack, feed, seed, 0)
        self.steady, self.broker, self.fault_s = feed, kafka, fault_s
        self.watch = Watch(stack, feed)
        self.kinds: dict[str, int] = {}
        self.behind_max = 0

    def faults(self) -> list[tuple[str, Callable[[], None]]]:
        """A round of them."""
        first_tickets, second_tickets, first_units, second_units = self.stack.consumers
        return [
            ("hotline-tickets killed", lambda: self._kill(second_tickets)), ("Redis killed", lambda: self.kill_redis(False)),
            ("hotline-units stopped", lambda: self.freeze(first_units)), ("Kafka restarted", self._restart_kafka),
            ("hotline-units killed", lambda: self._kill(second_units)), ("Redis killed, its file cut", self._cut_redis),
            ("hotline-tickets stopped", lambda: self.freeze(first_tickets)), ("hotline-units stopped", lambda: self.freeze(second_units)),
            ("hotline-tickets stopped", lambda: self.freeze(second_tickets)),
        ]

    def _begin(self, name: str, begin: Callable[[], None]) -> None:
        self.kinds[name] = self.kinds.get(name, 0) + 1
        begin()

    def _kill(self, consumer: Consumer) -> None:
        self.kill(consumer, self.random.choice((0.0, 2.0, self.stack.broker.session_s + 3)))

    def _cut_redis(self) -> None:
        """While it is written to, or there would be nothing to cut."""
        self._at_work(self.feed.elapsed(), LAST_SECOND_S, lambda: self.kill_redis(True))

    def _restart_kafka(self) -> None:
        self.broker.kill()
        self.broker.start()

    def _rewrite_log(self) -> None:
        if self.log_sizes and self.log_sizes[-1][1] > LOG_BYTES:
            self.stack.redis.client("BGREWRITEAOF")
            self.counts["rewrites"] += 1
            self.log_sizes = []

    def _note_behind(self) -> None:
        """What is left of the fault before, when the next one comes."""
        self.behind_max = max([self.behind_max, sum(end - offset for offset, end in state.lag(self.stack.redis.client, self.stack.kafka).values())])

    def run(self) -> None:
        self.counts["rewrites"] = 0
        for number, consumer in enumerate(self.stack.consumers[::2]):
            self._at(self.fault_s / 2 * (1 + number), lambda consumer=consumer: self._begin(f"{consumer.name} killed", lambda: self._kill(consumer)))
        number, todo = 2, []
        while self.steady.is_sending() or self.later:
            self._note_log_size()
            self.watch.look()
            for entry in [entry for entry in self.later if entry[0] <= self.feed.elapsed()]:
                self.later.remove(entry)
                entry[1]()
            if self.steady.is_sending() and not self.down and self.feed.elapsed() >= number * self.fault_s:
                todo = todo or self.faults()
                self._note_behind()
                self._begin(*todo.pop(0))
                number += 1
            else:
                self._rewrite_log()
            time.sleep(TICK_S)
        for consumer in self.stack.consumers:
            self._check_alive(consumer)

    def print_table(self) -> None:
        sent, seconds = self.feed.sent, self.steady.lasted_s
        kinds = ", ".join(f"{name} {count}" for name, count in sorted(self.kinds.items()))
        print(f"\n{sent:,} events in {seconds:.0f} s: {sent / seconds:,.0f} a second; at most {self.behind_max:,} behind when the next fault came",
              f"{sum(self.kinds.values())} faults: {kinds}; Redis lost {self.counts['bytes lost']:,} bytes, its file was written anew {self.counts['rewrites']} times",
              *self.watch.table(), "", sep="\n", flush=True)


def check_alerts(stack: Stack) -> int:
    """The last state of each in the topic is what the state gives; `hotline alerts` is made to see nothing but that."""
    environment = {**stack.environment(), "HOTLINE_ALERT_TOPIC": "hotline.dead-letters"}
    listed = stack.case.start("alerts", [program("hotline"), "alerts", "--format", "jsonl"], environment)
    last: dict[str, int] = {}
    for record in stack.kafka.each("hotline.alerts"):
        alert = wire.read_alert(record.value)
        said = alert["revision"] << 2 | wire.STATES.index(alert["state"])
        if said >> 2 >= last.get(alert["id"], 0) >> 2:
            last[alert["id"]] = said
    check("exit code of hotline alerts", 0, listed.child.wait())
    count, wrong = 0, []
    with open(listed.log, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            said = wire.STATES[last.pop(row["id"], 0) & 3]
            count += 1
            if said != row["state"] and not (state.is_gone(row["rule"], row["state"]) and said in ("", "retracted", "resolved")):
                wrong.append(f"{row['id']}: {row['state']} by the state, {said or 'absent'} in the topic")
    wrong += [f"{id_}: absent in the state, {wire.STATES[said & 3]} in the topic" for id_, said in last.items() if not state.is_gone(id_.split("/")[0], wire.STATES[said & 3])]
    if wrong:
        tell_history(stack, {line.split(":")[0] for line in wrong[:SHOWN]})
    check("alerts that differ", [], wrong[:20])
    return count


def tell_history(stack: Stack, ids: set[str]) -> None:
    """Every record of them in the topic, for whoever has to find out why."""
    for record in stack.kafka.each("hotline.alerts"):
        alert = wire.read_alert(record.value)
        if alert["id"] in ids:
            at = time.strftime("%T", time.localtime(record.at_ms / 1000))
            stack.case.say(f"{alert['id']}: partition {record.partition} offset {record.offset} written {at} revision {alert['revision']}: {alert['state']} since {alert['at_ms']}")


def check_outcome(stack: Stack, truth: Path) -> None:
    by_day = state.partials(stack.redis.client)
    counted = {key: value for key, value in by_day.items() if state.is_base(key[0])}
    check_same("counters by the simulator's own truth", state.told(read_truth(truth)), state.told(counted))
    stack.case.say(f"{len(counted)} counters are exact")
    check_same("the last values that were published", by_day, state.published(stack.kafka))
    stack.case.say(f"{len(by_day)} counters were published")
    check("dead letters", 0, sum(stack.kafka.ends("hotline.dead-letters").values()))
    stack.case.say(f"{check_alerts(stack)} alerts have the state that they must have")


def main(case: Case) -> None:
    seconds, fault_s = (float(value) for value in (sys.argv[1:] + [SECONDS, FAULT_S][len(sys.argv) - 1:])[:2])
    seed = int(os.environ.get("HOTLINE_CHAOS_SEED") or random.SystemRandom().randrange(1, 1 << 31))
    case.say(f"HOTLINE_CHAOS_SEED={seed} soak.py {seconds:g} {fault_s:g}")
    policy = write_policy(case)
    case.run(program("hotline-simulate"), "--output", "-", "--seed", str(seed), "--tickets", "1", "--write-roster", str(policy.parent / "units.yaml"))
    kafka = Kafka(case)
    stack = Stack(case, kafka, policy=policy)
    for name in ("hotline-tickets", "hotline-units"):
        for _ in range(2):
            stack.add(name)
    stack.start()
    feed = Steady(stack, seed, seconds)
    soak = Soak(stack, kafka, feed, seed, fault_s)
    soak.run()
    feed.finish()
    soak.print_table()
    stack.settle(has_all_counters=False)
    stack.stop()
    stack.settle(has_all_counters=False)
    check_outcome(stack, feed.truth)
    soak.watch.check_flat()
    case.say("counters are exact, memory and descriptors flat")


if __name__ == "__main__":
    run_case(main)
