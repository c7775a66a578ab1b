#!/usr/bin/env python3
"""sentinel.py - Redis is where three Sentinels say; the master is killed, stopped and relieved in turn, nobody tells the consumers, and in the end nothing may be different.

Two Redises and three Sentinels, all real; the consumers and the operator's command know the Sentinels only, one of which is not there to begin with. First the master is killed
(kill -9) with writes that its replica has not, which the consumers replay from Kafka. It comes back and is made a replica; then the new master stands still (SIGSTOP) until the
other one has its place, and wakes up believing that it is the master still, with connections that know no better; then the Sentinels are asked for a failover. Before all
that: what is said where the Sentinels know no master of that name, where the login is wrong, and where a Sentinel is taken for Redis.

HOTLINE_CHAOS_SEED   which events; printed, so that a failure can be tried again
"""

from __future__ import annotations

import os
import random
import re
import signal
import time
from pathlib import Path
from typing import Any, Callable

from case import ROOT, Case, Process, check, check_in, free_port, program, run_case, wait_until
from chaos import SAMPLE, City, Feed, Outcome, undisturbed
from redis_client import RedisClient, RedisError
from refusals import CONFIG, FATAL, PROGRAMS, one, refused
from servers import DevBroker, RedisServer
from stack import Stack

TICKETS = 2000
SECONDS = 45.0
TICK_S = 0.02
SHIPPED = ROOT / "deploy" / "redis"
TIMES_MS = {"down-after-milliseconds": 1000, "failover-timeout": 3000}  # shorter than those that are shipped
COUNT = 3
MASTER = "hotline"
PASSWORD = "look/out"   # of the Sentinels; Redis has none
PASSWORD_IN_URL = "look%2Fout"
LOST_BYTES_MIN = 1000   # so much the replica lacks when the master dies


class Sentinel:
    def __init__(self, case: Case, number: int, master_port: int) -> None:
        folder: Path = case.folder / f"sentinel-{number}"
        folder.mkdir()
        self.port, self.config = free_port(), folder / "sentinel.conf"
        self.client = RedisClient(self.port)
        text = (SHIPPED / "sentinel.conf").read_text(encoding="utf-8")
        numbers = {"port": self.port, rf"sentinel monitor {MASTER} 127\.0\.0\.1": master_port, **{f"sentinel {name} {MASTER}": ms for name, ms in TIMES_MS.items()}}
        for line, value in numbers.items():
            text, count = re.subn(rf"^({line}) \d+", rf"\g<1> {value}", text, flags=re.MULTILINE)
            check(f"lines with {line} in sentinel.conf", 1, count)
        self.config.write_text(f'{text}dir {folder}\nrequirepass "{PASSWORD}"\nsentinel sentinel-pass "{PASSWORD}"\n', encoding="utf-8")
        self.process: Process = case.start(f"sentinel-{number}", ["redis-server", str(self.config), "--sentinel"])

    def ask(self, *arguments: Any) -> Any:
        """None while it does not answer."""
        try:
            return self.client.pipeline([("AUTH", PASSWORD), ("SENTINEL", *arguments)])[1]
        except RedisError:
            return None

    def master_port(self) -> int:
        place = self.ask("get-master-addr-by-name", MASTER)
        return int(place[1]) if place else 0

    def knows(self) -> tuple[int, int]:
        """How many replicas, and how many other Sentinels."""
        return len(self.ask("replicas", MASTER) or []), len(self.ask("sentinels", MASTER) or [])


class Watched:
    """Master, replica and Sentinels."""

    def __init__(self, case: Case, stack: Stack) -> None:
        self.stack = stack
        self.master = stack.redis
        self.replica = RedisServer(case, "--replicaof", "127.0.0.1", str(self.master.port), name="redis-2")
        self.sentinels = [Sentinel(case, number, self.master.port) for number in range(COUNT)]
        wait_until("the replica follows", lambda: self.follows(self.replica))
        wait_until("the Sentinels know each other and the replica", lambda: all(sentinel.knows() == (1, COUNT - 1) for sentinel in self.sentinels))
        absent = free_port()
        self.places = ",".join(f"127.0.0.1:{port}" for port in [absent, *(sentinel.port for sentinel in self.sentinels)])

    def address(self, name: str = MASTER, password: str = PASSWORD_IN_URL) -> str:
        return f"redis+sentinel://{self.places}/{name}/0?sentinel_password={password}"

    @staticmethod
    def replication(redis: RedisServer) -> dict[str, str]:
        try:
            return dict(line.split(":", 1) for line in redis.client("INFO", "replication").decode().splitlines() if ":" in line)
        except RedisError:
            return {}

    def follows(self, redis: RedisServer) -> bool:
        return self.replication(redis).get("master_link_status") == "up"

    def is_promoted(self) -> bool:
        """The replica is master, and every Sentinel says so."""
        return self.replication(self.replica).get("role") == "master" and all(sentinel.master_port() == self.replica.port for sentinel in self.sentinels)

    def exchange(self) -> None:
        self.master, self.replica = self.replica, self.master
        self.stack.redis = self.master

    def is_steady(self) -> bool:
        """On a slow machine a Sentinel may have taken silence for death: who is what is looked at anew before each change."""
        if self.replication(self.replica).get("role") == "master":
            self.exchange()
        says = {sentinel.master_port() for sentinel in self.sentinels}
        return self.replication(self.master).get("role") == "master" and self.follows(self.replica) and says == {self.master.port}


class Rounds:
    def __init__(self, case: Case, stack: Stack, watched: Watched, feed: Feed) -> None:
        self.case, self.stack, self.watched, self.feed = case, stack, watched, feed

    def until(self, what: str, condition: Callable[[], Any]) -> None:
        """Events go on meanwhile."""
        def is_so() -> Any:
            self.feed.advance()
            return condition()
        wait_until(what, is_so)

    def feed_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        self.until(f"{seconds} s are over", lambda: time.monotonic() >= until)

    def _connects(self) -> dict[str, int]:
        """How often each consumer has told of a connection to the one who is to be master."""
        return {consumer.label: len(re.findall(rf"redis={self.watched.replica.address}\b", consumer.process.text())) for consumer in self.stack.consumers if consumer.process}

    def _follow(self, what: str, fault: Callable[[], None]) -> None:
        """The fault, the failover, and that everybody is ready again with the new master."""
        before, start = self._connects(), time.monotonic()
        fault()
        self.until("the replica is promoted", self.watched.is_promoted)
        promoted_s = time.monotonic() - start
        self.until("the consumers are with the new master", lambda: all(count > before[label] for label, count in self._connects().items()))
        for consumer in self.stack.consumers:
            self.until(f"{consumer.label} is ready", consumer.is_ready)
        self.case.say(f"the master {what}: promoted {promoted_s:.1f} s later, all ready {time.monotonic() - start:.1f} s later")
        self.watched.exchange()

    def _becomes_replica(self) -> None:
        self.until("the former master is a replica", lambda: self.watched.follows(self.watched.replica))
        self.feed_for(1)

    def _lag(self) -> int:
        """So many bytes of what the master has written its replica has not."""
        master, replica = (self.watched.replication(redis) for redis in (self.watched.master, self.watched.replica))
        return int(master["master_repl_offset"]) - int(replica["slave_repl_offset"])

    def kill(self) -> None:
        """When its replica, cut off and with a password that keeps it so, lacks something."""
        former, heir = self.watched.master, self.watched.replica
        self.until("all is well", self.watched.is_steady)
        heir.client("CONFIG", "SET", "masterauth", "unknown")
        former.client("CLIENT", "KILL", "TYPE", "replica")
        self.until("the replica is behind", lambda: self._lag() >= LOST_BYTES_MIN)
        self._follow("was killed", former.kill)
        heir.client("CONFIG", "SET", "masterauth", "")
        self.feed_for(1)
        former.start()
        self._becomes_replica()

    def stop(self) -> None:
        self.until("all is well", self.watched.is_steady)
        former = self.watched.master

        def fault() -> None:
            former.process.send(signal.SIGSTOP)
            former.client.close()
        self._follow("stood still", fault)
        self.feed_for(1)
        former.process.send(signal.SIGCONT)
        self._becomes_replica()

    def relieve(self) -> None:
        self.until("all is well", self.watched.is_steady)
        self._follow("was relieved", lambda: self.until("a Sentinel begins a failover", lambda: self.watched.sentinels[0].ask("failover", MASTER) == "OK"))
        self._becomes_replica()


def refusals(case: Case, stack: Stack, watched: Watched) -> None:
    for name in PROGRAMS:
        refused(stack, one(stack, name, redis="redis+sentinel://127.0.0.1:1,127.0.0.1:x/m"), CONFIG, "the HOST:PORT of Sentinel 2")
        refused(stack, one(stack, name, redis=f"redis://:{PASSWORD_IN_URL}@127.0.0.1:{watched.sentinels[0].port}"), FATAL, "is a Sentinel and no Redis", "redis+sentinel://")
        refused(stack, one(stack, name, redis=f"redis+sentinel://127.0.0.1:{watched.sentinels[0].port}/{MASTER}?sentinel_password=guessed"), FATAL, "Sentinel at", "WRONGPASS")
        refused(stack, one(stack, name, redis=f"redis+sentinel://{watched.master.address}/{MASTER}"), FATAL, "refuses to tell where the master", "unknown command")
        stranger = one(stack, name, redis=watched.address("nobody"))
        stranger.start()
        wait_until("/readyz says what the Sentinels answer", lambda: "answers nil when asked for the master nobody" in stranger.get("/readyz")[1])
        assert stranger.process
        check(f"exit code of {name} that waits", 0, stranger.process.stop())


def disturbed(case: Case, city: City) -> tuple[Stack, Watched]:
    stack = Stack(case, DevBroker(case), policy=city.policy)
    watched = Watched(case, stack)
    refusals(case, stack, watched)
    stack.consumer_redis = watched.address()
    for name in PROGRAMS:
        stack.add(name)
    stack.start()
    heads = sum(stack.kafka.partition_count(topic) for topic in ("hotline.ticket-events", "hotline.unit-events", "hotline.links"))
    wait_until("the replica has every head", lambda: watched.is_steady() and len(watched.replica.client("KEYS", "hotline:{*}:head")) == heads)
    feed = Feed(stack, city.lines, SECONDS)
    rounds = Rounds(case, stack, watched, feed)
    rounds.feed_for(2)
    for change in (rounds.kill, rounds.stop, rounds.relieve):
        change()
    feed.finish()
    return stack, watched


def operator(stack: Stack, watched: Watched) -> None:
    """The command finds the master as well."""
    environment = {**stack.environment(), "HOTLINE_REDIS": watched.address()}
    text = stack.case.run(program("hotline"), "status", environment=environment)
    check_in("hotline status", f"Redis  {watched.master.address}", text)


def main(case: Case) -> None:
    seed = int(os.environ.get("HOTLINE_CHAOS_SEED") or random.SystemRandom().randrange(1, 1 << 31))
    case.say(f"HOTLINE_CHAOS_SEED={seed}")
    shipped = {path.name: path.read_bytes() for path in SHIPPED.iterdir()}
    city = City(case, seed, TICKETS)
    sample = sorted(random.Random(seed).sample(city.ids, SAMPLE))
    wanted = undisturbed(case, city, sample)
    stack, watched = disturbed(case, city)
    stack.settle(has_all_counters=False)
    Outcome(stack, sample).check_like(wanted)
    operator(stack, watched)
    stack.stop()
    check("the settings that are shipped, into which no Sentinel wrote", shipped, {path.name: path.read_bytes() for path in SHIPPED.iterdir()})
    case.say("nothing is different")


if __name__ == "__main__":
    run_case(main)
