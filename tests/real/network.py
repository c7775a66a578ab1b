#!/usr/bin/env python3
"""network.py BROKER - a city's events arrive over a network that fails in every way, and whatever there is stands still for a while; in the end nothing may be different.

BROKER is kafka, or devbroker, which is not among the tests: librdkafka's mock cluster ends with an assertion when a member joins its group once more before it was
answered, as after a lost connection. Between the programs and Redis, and between the programs and Kafka, stands a proxy that delays, slows down, keeps silent, cuts and garbles; Redis,
the broker and each consumer are stopped (SIGSTOP) in turn for longer than anybody waits for them; Redis fails over to a replica that lags behind, while the former master
goes on answering for a moment; a real Kafka is restarted. Each kind of fault comes at least once.

HOTLINE_CHAOS_SECONDS   how long events are sent, and faults come at least (45)
HOTLINE_CHAOS_SEED      what happens when; printed, so that a failure can be tried again
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from typing import Callable

from case import Case, Failure, check, run_case, wait_until
from chaos import SAMPLE, City, Feed, Outcome, undisturbed
from proxy import Proxy
from servers import DevBroker, Kafka, RedisServer
from stack import Stack

TICKETS = 2000
TICKETS_PER_SECOND = 10  # of a long run
SECONDS = 45.0
TICK_S = 0.02
SHARDED = ("hotline.ticket-events", "hotline.unit-events", "hotline.links")
LAG_S = 0.4            # of the replica
SILENT_S = 7.0         # above every time after which a program gives up on Redis
STOPPED_S = 5.0
SHORT_S = 2.0
REST_S = 0.5           # between two faults


class Network:
    def __init__(self, case: Case, stack: Stack, seed: int) -> None:
        self.case, self.stack, self.random = case, stack, random.Random(seed)
        self.redis = Proxy(stack.redis.port)
        self.kafka = Proxy(int(stack.broker.brokers.rsplit(":", 1)[1]), is_kafka=True)
        self.replication = Proxy(stack.redis.port)
        stack.consumer_redis, stack.consumer_brokers = self.redis.address, self.kafka.address
        self.replicas = 0
        self._replicate()

    def _replicate(self) -> None:
        self.replication.heal()
        self.replication.target = self.stack.redis.port
        self.replicas += 1
        self.replica = RedisServer(self.case, "--replicaof", "127.0.0.1", str(self.replication.port), name=f"redis-replica-{self.replicas}")
        wait_until("the replica follows", lambda: "master_link_status:up" in str(self.replica.client("INFO", "replication")))
        self.replication.delay_s = LAG_S

    def wait_for_heads(self) -> None:
        """A shard whose head is lost stops its program, rightly: only who operates it may start over. So none may be lost, young as they are."""
        count = sum(self.stack.broker.client.partition_count(topic) for topic in SHARDED)
        wait_until("the replica has every head", lambda: len(self.replica.client("KEYS", "hotline:{*}:head")) == count)

    # Each begins a fault and returns how long it lasts, and what ends it.

    def _bad(self, proxy: Proxy, seconds: float, **how: float | bool) -> tuple[float, Callable[[], None]]:
        for name, value in how.items():
            setattr(proxy, name, value)
        return seconds, proxy.heal

    def _cut(self, proxy: Proxy) -> tuple[float, Callable[[], None]]:
        proxy.cut()
        return REST_S, proxy.heal

    def _garbled(self) -> tuple[float, Callable[[], None]]:
        self.redis.cut()
        return self._bad(self.redis, SHORT_S, is_garbled=True)

    def _stop(self, process: object) -> tuple[float, Callable[[], None]]:
        process.send(signal.SIGSTOP)  # type: ignore[attr-defined]
        return STOPPED_S, lambda: process.send(signal.SIGCONT)  # type: ignore[attr-defined]

    def _fail_over(self) -> tuple[float, Callable[[], None]]:
        former = self.stack.redis
        self.replication.cut()
        self.replica.client("REPLICAOF", "NO", "ONE")
        self.redis.target = self.replica.port  # who is connected goes on with the former master
        self.stack.redis = self.replica

        def end() -> None:
            self.redis.cut()
            former.kill()
            self._replicate()
        return 1.0, end

    def _restart_kafka(self, broker: Kafka) -> tuple[float, Callable[[], None]]:
        broker.kill()
        broker.start()
        return REST_S, lambda: None

    def faults(self) -> list[tuple[str, Callable[[], tuple[float, Callable[[], None]]]]]:
        broker = self.stack.broker
        all_ = [
            ("Redis late", lambda: self._bad(self.redis, SHORT_S, delay_s=0.05)), ("Redis slow", lambda: self._bad(self.redis, SHORT_S, bytes_s=30000.0)),
            ("Redis silent", lambda: self._bad(self.redis, SILENT_S, is_silent=True)), ("Redis cut", lambda: self._cut(self.redis)), ("Redis garbled", self._garbled),
            ("Redis stopped", lambda: self._stop(self.stack.redis.process)), ("Redis fails over", self._fail_over),
            ("Kafka late", lambda: self._bad(self.kafka, SHORT_S, delay_s=0.2)), ("Kafka slow", lambda: self._bad(self.kafka, SHORT_S, bytes_s=30000.0)),
            ("Kafka silent", lambda: self._bad(self.kafka, SHORT_S, is_silent=True)), ("Kafka cut", lambda: self._cut(self.kafka)),
        ]
        all_ += [(f"{consumer.label} stopped", lambda consumer=consumer: self._stop(consumer.process)) for consumer in self.stack.consumers]
        if isinstance(broker, Kafka):
            all_.append(("Kafka restarted", lambda: self._restart_kafka(broker)))
        else:
            all_.append(("Kafka stopped", lambda: self._stop(broker.process)))
        self.random.shuffle(all_)
        return all_

    @staticmethod
    def _feed(feed: Feed, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            feed.advance()
            time.sleep(TICK_S)

    def run(self, feed: Feed, seconds: float) -> list[str]:
        """Each fault in turn, one after the other, while the events are sent; then all of them in another order, until the time is over."""
        done: list[str] = []
        until = time.monotonic() + seconds
        while not done or time.monotonic() < until:
            for name, begin in self.faults():
                lasts, end = begin()
                done.append(name)
                self._feed(feed, lasts)
                end()
                self._feed(feed, REST_S)
        return done


def disturbed(case: Case, city: City, broker: DevBroker | Kafka, seed: int, seconds: float) -> Stack:
    stack = Stack(case, broker, policy=city.policy)
    for name in ("hotline-tickets", "hotline-units"):
        for _ in range(2):
            stack.add(name)
    network = Network(case, stack, seed)
    stack.start()
    network.wait_for_heads()
    feed = Feed(stack, city.lines, seconds)
    done = network.run(feed, seconds)
    feed.finish()
    for consumer in stack.consumers:
        assert consumer.process
        if not consumer.process.is_running():
            raise Failure(f"{consumer.label} ended by itself with {consumer.process.child.returncode}:\n{consumer.process.text()[-3000:]}")
    check("answers of Redis were garbled", True, network.redis.garbled_count > 0)
    check("connections were cut", True, network.redis.cut_count > 0 and network.kafka.cut_count > 0)
    case.say(f"{len(done)} faults are over: {', '.join(sorted(set(done)))}")
    return stack


def main(case: Case) -> None:
    broker_name = (sys.argv[1:] or ["devbroker"])[0]
    seed = int(os.environ.get("HOTLINE_CHAOS_SEED") or random.SystemRandom().randrange(1, 1 << 31))
    seconds = float(os.environ.get("HOTLINE_CHAOS_SECONDS") or SECONDS)
    case.say(f"HOTLINE_CHAOS_SEED={seed} HOTLINE_CHAOS_SECONDS={seconds:g}")
    city = City(case, seed, max(TICKETS, int(seconds) * TICKETS_PER_SECOND))
    sample = sorted(random.Random(seed).sample(city.ids, SAMPLE))
    wanted = undisturbed(case, city, sample)
    stack = disturbed(case, city, Kafka(case) if broker_name == "kafka" else DevBroker(case), seed, seconds)
    stack.settle(has_all_counters=broker_name == "kafka")
    Outcome(stack, sample).check_like(wanted)
    stack.stop()
    case.say("nothing is different")


if __name__ == "__main__":
    run_case(main)
