#!/usr/bin/env python3
"""bench.py - what a city's events cost: our consumers from the first event to the last published total, and beside them a bare reference.

Called by run.sh, which builds. Loads a made-up city into a real Kafka once, runs both on a Redis of their own each, checks our counters against the truth
and prints one table. README.md says what its rows mean.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import threading
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "real"))

import state
from case import ROOT, Case, Failure, check, difference, need, program, run_case, wait_until
from servers import Kafka, RedisServer
from stack import Stack

TICKS = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20
LOOK_S = 0.05
PARTITIONS = "4"
FIRST_DAY, DAYS = "2025-03-01", 90      # those of the peers' city, with as many swapped and repeated events
SWAP_PERCENT, DUPLICATE_PERCENT = 2, 1
SEND_GUARD_S = 1800                     # tens of millions of tickets take minutes to make up
QUIET_S = 1.5                           # longer than changes and totals are gathered
INPUTS = {shard: topic for shard, topic in state.INPUTS.items() if shard != "links"}    # what the city sends; a clock mark a partition ends it
LEAVING = ("hotline.links", "hotline.counter-changes", "hotline.unit-counters", "hotline.alerts")
MAIN_RULES = ("overdue", "floors")      # those of the main job, which stood before every other
# What rules count, or add to, is not told by the simulation's truth.
COUNTED_BY_RULES = {"escalated", "repeated", "duty_missed", "points_taken"}
PROFILE_HZ, SYMBOLS, COMMANDS = 499, 25, 10


class Broker(Kafka):
    """As the peers' broker, and with the consumers' own settings."""

    consumer_options: list[str] = []

    def start(self) -> None:
        os.environ["KAFKA_HEAP"] = "1g"
        self.case.run(str(ROOT / "deploy" / "kafka" / "start"), str(self.folder), str(self.port), str(self.controller_port))

    def forget(self, topics: tuple[str, ...]) -> None:
        """Makes them anew: what a former run has sent would be the past of a Redis that has none."""
        self.tool("org.apache.kafka.tools.TopicCommand", "--delete", "--topic", "|".join(re.escape(topic) for topic in topics))
        self.case.run(program("hotline-topics"), "-b", self.brokers, "--partitions", PARTITIONS)
        wait_until("the topics are there anew", lambda: all(self.client.partition_count(topic) for topic in topics))

    @property
    def pid(self) -> int:
        return int((self.folder / "broker.pid").read_text(encoding="utf-8").split()[0])


def own_redis(redis: RedisServer) -> RedisServer:
    """Settings as shipped, with the rewrite of the file, which the tests keep off."""
    redis.client("CONFIG", "SET", "auto-aof-rewrite-percentage", 100)
    return redis


def info(redis: RedisServer, section: str) -> dict[str, str]:
    return dict(line.split(":", 1) for line in redis.client("INFO", section).decode().splitlines() if ":" in line)


def used_bytes(redis: RedisServer) -> int:
    return int(info(redis, "memory")["used_memory"])


def file_bytes(folder: Path) -> int:
    """On the disk: Kafka's indexes are files with holes."""
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())


# --- what the system knows of a process ---


def cpu_s(pid: int | str = "self") -> float:
    """All threads, and the children that it has waited for: a rewrite of Redis' file is a child."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / TICKS


def busy_s() -> float:
    """Of the whole machine: user, nice, system, interrupts."""
    fields = Path("/proc/stat").read_text(encoding="utf-8").split("\n", 1)[0].split()
    return sum(int(fields[place]) for place in (1, 2, 3, 6, 7)) / TICKS


def memory_mib(pid: int, name: str) -> float:
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    match = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    return int(match[1]) / 1024 if match else 0.0


class Meter:
    """CPU seconds of some processes, and of everything else, from now on."""

    def __init__(self, **pids: int) -> None:
        self.pids = dict(pids)
        self.began = {name: cpu_s(pid) for name, pid in pids.items()}
        self.began_all = busy_s() - cpu_s()

    def add(self, **pids: int) -> None:
        """A process that was started since."""
        self.pids.update(pids)

    def take(self) -> dict[str, float]:
        cpu = {name: cpu_s(pid) - self.began.get(name, 0.0) for name, pid in self.pids.items()}
        # The kernel counts the machine and the processes in ticks of their own: the rest of a machine at rest may come out just below nothing.
        return {**cpu, "other": max(0.0, busy_s() - cpu_s() - self.began_all - sum(cpu.values()))}


class Figures(NamedTuple):
    events: int
    seconds: float
    cpu: dict[str, float]
    peak_mib: dict[str, float]
    redis_bytes: int
    file_bytes: int
    sent: dict[str, int]            # messages by topic
    live_mib: dict[str, float]
    again_s: float | None = None    # from a start with nothing to do until ready
    ready_s: float | None = None    # from the start of the consumers until all are ready
    done_s: float | None = None     # from the same instant to the last total or alert


# --- the city ---


def only_main_rules(policy: str) -> str:
    """Of the shipped policy, which says of each rule whether it is on, two steps in below `rules:`."""
    head, _, rules = policy.partition("\n    rules:\n")
    names = re.findall(r"^      ([a-z-]+):", rules, re.MULTILINE)
    return head + "\n    rules:\n" + "".join(f"      {name}: {'on' if name in MAIN_RULES else 'off'}\n" for name in names)


class City:
    """Made up and sent piece by piece, each behind all events of the one before."""

    def __init__(self, case: Case, broker: Broker) -> None:
        self.case, self.broker = case, broker
        folder = case.folder / f"city-{broker.name}"
        folder.mkdir()
        self.truth_file, self.roster, self.policy, self.main_policy = folder / "truth", folder / "units.yaml", folder / "default.yaml", folder / "main.yaml"
        shipped = (ROOT / "deploy" / "policy" / "default.yaml").read_text(encoding="utf-8")
        self.policy.write_text(shipped + "\nroster: units.yaml\n", encoding="utf-8")
        self.main_policy.write_text(only_main_rules(shipped) + "\nroster: units.yaml\n", encoding="utf-8")
        self.truth: Counter[state.Key] = Counter()      # of all pieces
        self.tickets, self.events = 0, dict.fromkeys(INPUTS, 0)     # of the last piece
        self.ends: dict[str, dict[int, int]] = {}

    def send(self, tickets: int, first_day: str = FIRST_DAY, days: int = DAYS) -> None:
        before = self._ends() if self.ends else {shard: {} for shard in INPUTS}
        self.case.run(program("hotline-simulate"), "-b", self.broker.brokers, "-q", "--tickets", str(tickets), "--from", first_day, "--days", str(days),
                      "--swap", str(SWAP_PERCENT), "--duplicate", str(DUPLICATE_PERCENT), "--write-roster", str(self.roster), "--truth", str(self.truth_file), guard_s=SEND_GUARD_S)
        self.tickets, self.ends = tickets, self._ends()
        # One clock mark a partition is no event.
        self.events = {shard: sum(self.ends[shard].values()) - sum(before[shard].values()) - len(self.ends[shard]) for shard in INPUTS}
        self.truth.update(self._read_truth())

    def pass_time(self, day: str) -> None:
        """Nothing more happens until then, but what is due."""
        self.case.run(program("hotline-replay"), "-b", self.broker.brokers, "-q", "--clock-to", f"{day}T00:00:00+08:00", "/dev/null")
        self.ends = self._ends()

    def _ends(self) -> dict[str, dict[int, int]]:
        return {shard: self.broker.client.ends(topic) for shard, topic in INPUTS.items()}

    def warm(self) -> None:
        """Once through the topics: the page cache and the broker's way of fetching are warm."""
        for topic in INPUTS.values():
            self.case.run("kcat", "-C", "-b", self.broker.brokers, "-t", topic, "-e", "-q", "-f", "")

    def _read_truth(self) -> dict[state.Key, int]:
        """By dimension, day and counter."""
        rows = (line.rsplit(" ", 3) for line in self.truth_file.read_text(encoding="utf-8").splitlines())
        return {(dimension, day, name): int(value) for dimension, day, name, value in rows if name not in COUNTED_BY_RULES}


# --- our own run ---


class Ours:
    """Our consumers on a Redis of their own; `more` are options for them."""

    def __init__(self, case: Case, city: City, options: argparse.Namespace, policy: Path, *more: str, consumers: int = 1) -> None:
        self.case, self.city, self.options = case, city, options
        name = f"{policy.stem}-{city.broker.name}"
        self.stack = Stack(case, city.broker, policy=policy, name=f"redis-{name}")
        self.redis = own_redis(self.stack.redis)
        # A group that has come somewhere is refused an empty Redis.
        self.tickets = [self.stack.add("hotline-tickets", "--group", f"hotline-tickets-{name}", *more) for _ in range(consumers)]
        self.units = self.stack.add("hotline-units", "--group", f"hotline-units-{name}", *more)
        self.month_truth: dict[state.Key, int] = {}
        self.city_months: list[str] = []

    def run(self) -> Figures:
        figures = self.measure()
        self.end()
        return figures

    def measure(self) -> Figures:
        """From the start of the consumers, which are not running, until all that was sent is taken in, and the rest after it."""
        self.month_truth = {key: value for key, value in state.by_month(self.city.truth).items() if value}
        self.city_months = sorted({month for dimension, month, _ in self.month_truth if dimension == "city"})
        used, sent = used_bytes(self.redis), self.sent()
        meter = Meter(broker=self.city.broker.pid, redis=self.redis.process.pid)
        # What reads the changes is there before what writes them.
        processes = {"units": self.units, **{f"tickets-{number}": consumer for number, consumer in enumerate(self.tickets)}}
        began = time.time()
        for name, consumer in processes.items():
            consumer.start()
            assert consumer.process
            meter.add(**{name: consumer.process.pid})
        profile = Profile(self.case, meter.pids["tickets-0"]) if self.options.profile else None
        self.stack.wait_ready()
        ready_s = time.time() - began
        self.wait()
        cpu = meter.take()
        peak = {name: memory_mib(pid, "VmHWM") for name, pid in meter.pids.items()}
        if profile:
            profile.stop()
        last_ms = self.last_ms()
        threading.Event().wait(self.options.idle)
        live = {name: memory_mib(meter.pids[name], "VmRSS") for name in processes}
        figures = Figures(sum(self.city.events.values()), (last_ms - self.first_ms()) / 1000, cpu, peak, used_bytes(self.redis) - used, file_bytes(self.redis.folder),
                          {topic: count - sent[topic] for topic, count in self.sent().items()}, live, self.restart(), ready_s, last_ms / 1000 - began)
        if profile:
            profile.show(self.redis, self.city.tickets)
        return figures

    def end(self) -> None:
        self.verify()
        letters = sum(self.city.broker.client.ends("hotline.dead-letters").values())
        if letters:
            raise Failure(f"{letters} dead letters")
        self.stack.stop()
        self.redis.process.stop()

    def sent(self) -> dict[str, int]:
        return {topic: sum(self.city.broker.client.ends(topic).values()) for topic in LEAVING}

    def restart(self) -> float:
        """Seconds until a consumer that is stopped and started again is ready, with the city stored. Before the end, so that what it says again is looked at too."""
        consumer = self.tickets[0]
        assert consumer.process
        check("exit of a consumer that is asked to stop", 0, consumer.process.stop())
        began = time.monotonic()
        consumer.start()
        wait_until("the consumer is ready again", consumer.is_ready)
        seconds = time.monotonic() - began
        self.wait()
        return seconds

    def wait(self) -> None:
        """Until the topics are taken in and the totals published. Cheap enough to be asked all the time."""
        for what, condition in (("the events are taken in", self.is_taken_in), ("the city's totals are the truth's", self.has_totals),
                                ("everything has left", self.has_published)):
            deadline = time.monotonic() + self.options.timeout
            while not condition():
                if time.monotonic() > deadline:
                    self.verify()
                    raise Failure(f"not within {self.options.timeout} s: {what}")
                for consumer in self.stack.consumers:
                    if consumer.process and not consumer.process.is_running():
                        raise Failure(f"{consumer.label} ended:\n{consumer.process.text()[-2000:]}")
                threading.Event().wait(LOOK_S)

    def is_taken_in(self) -> bool:
        ends = {f"{shard}.{partition}": end for shard, ends in self.city.ends.items() for partition, end in ends.items()}
        heads = self.redis.client.pipeline([("GET", f"hotline:{{{shard}}}:head") for shard in ends])
        outboxes = self.redis.client.pipeline([("LLEN", f"hotline:{{{shard}}}:outbox") for shard in ends])
        offsets = [int(dict(pair.split("=", 1) for pair in head.decode().split())["offset"]) if head else -1 for head in heads]
        # What links tell the tickets comes behind the city's events.
        return all(offset >= end for offset, end in zip(offsets, ends.values())) and not any(outboxes)

    def has_totals(self) -> bool:
        rows = self.redis.client.hashes([f"hotline:{{city}}:{month}" for month in self.city_months])
        got = {("city", month, name.decode()): int(value) for month, row in zip(self.city_months, rows) for name, value in row.items()}
        return only_told(got) == {key: value for key, value in self.month_truth.items() if key[0] == "city"}

    def has_published(self) -> bool:
        """None of the topics that leave has grown for as long as changes are gathered."""
        before = [self.city.broker.client.ends(topic) for topic in LEAVING]
        threading.Event().wait(QUIET_S)
        return self.units.metric("hotline_waiting_months") == 0 and before == [self.city.broker.client.ends(topic) for topic in LEAVING]

    def first_ms(self) -> float:
        """When the first shard was taken over, just before its first event came."""
        text = "\n".join(consumer.process.text() for consumer in self.tickets if consumer.process)
        times = re.findall(r'^ts=(\S+)Z .*msg="shard taken over"', text, re.MULTILINE)
        if not times:
            raise Failure("hotline-tickets does not say when it took a shard over")
        return datetime.fromisoformat(min(times) + "+00:00").timestamp() * 1000

    def last_ms(self) -> float:
        """When the last total or alert was sent: what is published is in Redis already."""
        return max(int(line) for topic in ("hotline.unit-counters", "hotline.alerts")
                   for line in self.case.run("kcat", "-C", "-b", self.city.broker.brokers, "-q", "-e", "-o", "-1", "-t", topic, "-f", "%T\n").split())

    def verify(self) -> None:
        """Every month and every day of every base dimension, exactly."""
        for what, wanted, got in (("months", self.month_truth, state.months(self.redis.client)), ("days", self.city.truth, state.days(self.redis.client))):
            lines = difference(wanted, only_told(got))
            if lines:
                raise Failure(f"{what}: {len(lines)} of {len(wanted)} counters are not the truth's\n  " + "\n  ".join(lines[:20]))
        check("alerts that have not left", {}, state.outboxes(self.redis.client))


def only_told(counters: dict[state.Key, int]) -> dict[state.Key, int]:
    """The truth tells base dimensions alone, and nothing that rules count."""
    return {key: value for key, value in counters.items() if value and key[2] not in COUNTED_BY_RULES and not re.search(r"/(channel|level)/[^/]*$", key[0])}


class Profile:
    """perf on hotline-tickets, and afterwards Redis' own statistics."""

    def __init__(self, case: Case, pid: int) -> None:
        need("perf")
        self.case, self.file = case, case.folder / "perf.data"
        self.process = case.start("perf", ["perf", "record", "-q", "-F", str(PROFILE_HZ), "-o", str(self.file), "-p", str(pid)])

    def stop(self) -> None:
        self.process.send(signal.SIGINT)
        self.process.end()

    def show(self, redis: RedisServer, tickets: int) -> None:
        report = self.case.run("perf", "report", "-i", str(self.file), "--stdio", "-q", "--no-children", "--sort", "dso,symbol")
        print(f"hotline-tickets, the {SYMBOLS} symbols with the most CPU:")
        print("\n".join([line.rstrip() for line in report.splitlines() if line.strip()][:SYMBOLS]), end="\n\n")
        self._show_commands(info(redis, "commandstats"))
        self._show_keys(redis, tickets)

    @staticmethod
    def _show_commands(stats: dict[str, str]) -> None:
        rows = {name.removeprefix("cmdstat_"): dict(pair.split("=") for pair in row.split(",")) for name, row in stats.items()}
        print(f"Redis, the {COMMANDS} commands with the most CPU:\n{'command':<14} {'calls':>10} {'us':>12} {'us a call':>10}")
        for name, row in sorted(rows.items(), key=lambda item: -int(item[1]["usec"]))[:COMMANDS]:
            print(f"{name:<14} {row['calls']:>10} {row['usec']:>12} {row['usec_per_call']:>10}")
        print()

    @staticmethod
    def _show_keys(redis: RedisServer, tickets: int) -> None:
        """MEMORY USAGE of every key, its name and its place in the dictionary included."""
        keys, sizes, counts = redis.client.keys("hotline:*"), Counter[str](), Counter[str]()
        for first in range(0, len(keys), 1000):
            part = keys[first:first + 1000]
            for key, size in zip(part, redis.client.pipeline([("MEMORY", "USAGE", key, "SAMPLES", 0) for key in part])):
                kind = kind_of(key)
                sizes[kind] += size or 0
                counts[kind] += 1
        print(f"Redis, memory by kind of key:\n{'kind':<22} {'keys':>9} {'MiB':>9} {'bytes a ticket':>15}")
        for kind, size in sizes.most_common():
            print(f"{kind:<22} {counts[kind]:>9} {size / MIB:>9.1f} {size / tickets:>15.1f}")
        print()


def kind_of(key: str) -> str:
    """As in keys.h."""
    owner, rest = key.removeprefix("hotline:{").split("}:", 1)
    if re.fullmatch(r"\d{4}-\d\d(:days)?", rest):
        return "running days" if rest.endswith(":days") else "running months"
    names = {"p": "pages of tickets", "n": "partial counters", "due": "deadlines", "index": "indexes", "changes": "changes", "names": "names", "policy": "policy"}
    return names.get(rest.split(":", 1)[0], "heads" if re.fullmatch(r"[\w.-]+\.\d+", owner) else "states of dimensions")


# --- the reference ---


def run_reference(case: Case, city: City) -> Figures:
    redis = own_redis(RedisServer(case, name="redis-reference"))
    used = used_bytes(redis)
    meter = Meter(broker=city.broker.pid, redis=redis.process.pid)
    process = case.start("reference", [program("bench_reference"), city.broker.brokers, "hotline.ticket-events", str(redis.port)])
    _, status, usage = os.wait4(process.pid, 0)
    process.child.returncode = os.waitstatus_to_exitcode(status)
    check("exit of the reference", 0, process.child.returncode)
    cpu = meter.take()
    cpu["tickets"] = usage.ru_utime + usage.ru_stime
    told = dict(pair.split("=") for pair in process.text().split())
    check("events that the reference has read", city.events["tickets"], int(told["events"]))
    peak = {"tickets": usage.ru_maxrss / 1024, **{name: memory_mib(pid, "VmHWM") for name, pid in meter.pids.items()}}
    seconds = (int(told["last_ms"]) - int(told["first_ms"])) / 1000
    figures = Figures(int(told["events"]), seconds, cpu, peak, used_bytes(redis) - used, file_bytes(redis.folder), {}, {})
    redis.process.stop()
    return figures


# --- the table ---

Cell = float | int | None


def program_of(process: str) -> str:
    """There may be several hotline-tickets."""
    return process.partition("-")[0]


def rows_of(figures: Figures, tickets: int) -> list[tuple[str, str, Cell]]:
    """What, how it is printed, the value. Of several consumers the sum of their CPU, and the one with the most memory."""
    def cost(*names: str) -> Cell:
        known = [cpu for process, cpu in figures.cpu.items() if program_of(process) in names]
        return sum(known) * 1e6 / figures.events if known else None

    def most(of: dict[str, float], name: str) -> Cell:
        return max((mib for process, mib in of.items() if program_of(process) == name), default=None)

    def peak(name: str) -> Cell:
        return most(figures.peak_mib, name)

    return [
        ("events", "{:,}", figures.events),
        ("seconds, first event to last total", "{:.2f}", figures.seconds),
        ("events a second", "{:,.0f}", figures.events / figures.seconds if figures.seconds else None),
        ("CPU us an event: hotline-tickets", "{:.2f}", cost("tickets")),
        ("CPU us an event: hotline-units", "{:.2f}", cost("units")),
        ("CPU us an event: Redis", "{:.2f}", cost("redis")),
        ("CPU us an event: consumers and Redis", "{:.2f}", cost("tickets", "units", "redis")),
        ("CPU us an event: broker", "{:.2f}", cost("broker")),
        ("CPU us an event: all together", "{:.2f}", cost("tickets", "units", "redis", "broker")),
        ("peak MiB: hotline-tickets", "{:.1f}", peak("tickets")),
        ("peak MiB: hotline-units", "{:.1f}", peak("units")),
        ("peak MiB: Redis", "{:.1f}", peak("redis")),
        ("peak MiB: broker", "{:.1f}", peak("broker")),
        ("live MiB: hotline-tickets", "{:.1f}", most(figures.live_mib, "tickets")),
        ("live MiB: hotline-units", "{:.1f}", most(figures.live_mib, "units")),
        ("Redis bytes a ticket", "{:.1f}", figures.redis_bytes / tickets),
        ("Redis file MiB", "{:.1f}", figures.file_bytes / MIB),
        *((f"messages to {topic}", "{:,}", figures.sent.get(topic)) for topic in LEAVING),
        ("seconds until ready, started again", "{:.2f}", figures.again_s),
        ("other_cpu seconds", "{:.1f}", figures.cpu["other"]),
    ]


def print_table(tickets: int, **columns: Figures) -> None:
    print(f"{f'{tickets:,} tickets':<38}" + "".join(f" {name.replace('_', ' '):>12}" for name in columns))
    for rows in zip(*(rows_of(figures, tickets) for figures in columns.values())):
        print(f"{rows[0][0]:<38}" + "".join(f" {tell(form, value):>12}" for _, form, value in rows))
    print(f"{'counters that are not the truth':<38}" + "".join(f" {'-' if name == 'reference' else '0':>12}" for name in columns))


def tell(form: str, value: Cell) -> str:
    return "-" if value is None else form.format(value)


def main(case: Case) -> None:
    parser = argparse.ArgumentParser(prog="run.sh", description="What a city's events cost.")
    parser.add_argument("--tickets", type=int, default=1_000_000, help="how many tickets the city has (1000000, some 4.3 million events)")
    parser.add_argument("--days", type=int, default=DAYS, help=f"over so many days ({DAYS}): fewer make them denser, so that fewer events of a step meet in a page")
    parser.add_argument("--idle", type=float, default=20, help="seconds of rest before memory is measured once more (20)")
    parser.add_argument("--timeout", type=float, default=900, help="the most that a run may take, in seconds (900)")
    parser.add_argument("--profile", action="store_true", help="perf record of hotline-tickets, Redis' commands and its memory by kind of key")
    parser.add_argument("--consumers", type=int, default=1, help="how many hotline-tickets share the partitions (1)")
    parser.add_argument("--rules", choices=("all", "main", "both"), default="all", help=f"main: {' and '.join(MAIN_RULES)} alone; both: a column of each, so what all others cost")
    options = parser.parse_args()
    for name in ("hotline-tickets", "hotline-units", "hotline-simulate", "bench_reference"):
        program(name)
    broker = Broker(case, "--partitions", PARTITIONS)
    city = City(case, broker)
    city.send(options.tickets, days=options.days)
    city.warm()
    # First, since ours writes to the topic of tickets what links tell.
    reference = run_reference(case, city)
    columns = {}
    if options.rules != "all":
        columns["main_rules"] = Ours(case, city, options, city.main_policy, consumers=options.consumers).run()
    if options.rules == "both":
        broker.forget((*LEAVING, "hotline.dead-letters"))
    if options.rules != "main":
        columns["hotline"] = Ours(case, city, options, city.policy, consumers=options.consumers).run()
    print_table(options.tickets, **columns, reference=reference)


if __name__ == "__main__":
    run_case(main)
