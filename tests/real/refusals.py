#!/usr/bin/env python3
"""refusals.py [kafka] - what is wrong for good ends the program with one clear sentence and the right exit code: 1 fatal, 2 usage, 78 configuration.

With "kafka" only what needs a real one: a topic that is not there, records deleted before they were read.
"""

from __future__ import annotations

import json
import re
import sys
import time
from typing import Any

import state
from case import Case, Failure, check, check_in, check_same, run_case, wait_until
from servers import DevBroker, Kafka, RedisServer
from stack import Consumer, Stack

FATAL, USAGE, CONFIG = 1, 2, 78
PROGRAMS = ("hotline-tickets", "hotline-units")
PARTITION_BYTES = 5 << 20   # of devbroker; then the oldest go
EVENTS = "".join(json.dumps({"ticket_id": str(number), "at": f"2024-03-05T09:{number % 60:02}:00+08:00", "type": "received", "level": "city"}) + "\n"
                 for number in range(200))


def refused(stack: Stack, consumer: Consumer, code: int, *texts: str) -> None:
    """It ends by itself, with one error that says so."""
    consumer.start()
    assert consumer.process
    got = consumer.process.end()
    text = consumer.process.text()
    what = f"{consumer.label} {' '.join(consumer.options)}"
    if got != code:
        raise Failure(f"{what}: exit {got}, wanted {code}\n{text}")
    errors = [line for line in text.splitlines() if "level=error" in line or not line.startswith("ts=")]
    check(f"errors of {what}: {errors}", 1, len(errors))
    for wanted in texts:
        check_in(what, wanted, errors[0])
    stack.case.say(f"{consumer.name}: exit {code}: {re.sub(r'^ts=.* msg=', '', errors[0])[:220]}")


def one(stack: Stack, name: str, *options: str, redis: str = "", brokers: str = "") -> Consumer:
    """A consumer beside the stack's own."""
    consumer = Consumer(stack, name, 8, *options)
    if redis:
        consumer.options += ("-r", redis)
    if brokers:
        consumer.options += ("-b", brokers)
    return consumer


# ---------------------------------------------------------------- what is told before anything is opened

def refuse_settings(case: Case, stack: Stack) -> None:
    policy = case.folder / "bad-policy.yaml"
    policy.write_text('zone: "+08:00"\nversions:\n  - from: 1970-01-01\n    low_stars: many\n', encoding="utf-8")
    for name in PROGRAMS:
        refused(stack, one(stack, name, "--nonsense"), USAGE, "there is no option --nonsense")
        refused(stack, one(stack, name, "--settle", "3"), USAGE, "--settle", "whole number with a unit")
        refused(stack, one(stack, name, "--policy", str(policy)), CONFIG, "bad-policy.yaml:4:16", "low_stars")
        refused(stack, one(stack, name, redis="rediss://127.0.0.1:1"), CONFIG, "rediss:// (TLS)")
        refused(stack, one(stack, name, redis="127.0.0.1:port"), CONFIG, "HOST:PORT")
        refused(stack, one(stack, name, "-X", "no.such.property=1"), CONFIG, "no.such.property")
        refused(stack, one(stack, name, "--admin", "0.0.0.0:0"), CONFIG, "admin_exposed")


# ---------------------------------------------------------------- a Redis that will not do

def refuse_redis(case: Case, stack: Stack) -> None:
    redis = RedisServer(case, "--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru", name="redis-lru")
    for name in PROGRAMS:
        refused(stack, one(stack, name, redis=redis.address), FATAL, "maxmemory-policy", "allkeys-lru", "noeviction")
    redis.client("CONFIG", "SET", "maxmemory-policy", "noeviction")
    redis.client("ACL", "SETUSER", "reader", "on", ">words", "~*", "+@all", "-hset")
    redis.client("ACL", "SETUSER", "stranger", "on", ">words", "~other:*", "+@all")
    redis.client("CONFIG", "SET", "requirepass", "secret-words")
    for name in PROGRAMS:
        refused(stack, one(stack, name, redis=redis.address), FATAL, "NOAUTH")
        refused(stack, one(stack, name, redis=f"redis://:wrong-words@{redis.address}"), FATAL, "WRONGPASS")
        refused(stack, one(stack, name, redis=f"redis://reader:words@{redis.address}"), FATAL, "hset")
        refused(stack, one(stack, name, redis=f"redis://stranger:words@{redis.address}"), FATAL, "NOPERM", "keys")
        if "words" in (case.logs / f"{name}-8").read_text(encoding="utf-8"):
            raise Failure(f"{name} logs a password")
    redis.kill()


# ---------------------------------------------------------------- a state that does not fit

def fill(stack: Stack) -> dict[Any, int]:
    """Something to lose, and history for the groups."""
    stack.start()
    stack.replay("-", text=EVENTS)
    stack.settle()
    months = state.months(stack.redis.client)
    stack.stop()
    return months


def refuse_wrong_types(stack: Stack) -> None:
    """Keys that somebody else wrote, one at a time; mended afterwards."""
    redis = stack.redis.client
    spoiled = (("hotline:{tickets.1}:head", "hotline-tickets"), ("hotline:{tickets.1}:names", "hotline-tickets"), ("hotline:{tickets.1}:outbox", "hotline-tickets"),
               ("hotline:{city}:2024-03:days", "hotline-units"), ("hotline:{city}:state", "hotline-units"),
               ("hotline:{city}:outbox", "hotline-units"))
    for key, name in spoiled:
        was = redis("DUMP", key)
        redis("DEL", key)
        redis("GEOADD", key, "13.361389", "38.115556", "nowhere")   # a type that we use nowhere
        refused(stack, one(stack, name, "--settle", "1d"), FATAL, "WRONGTYPE")
        redis("DEL", key)
        if was:
            redis("RESTORE", key, 0, was)


def mend_month(stack: Stack, months: dict[Any, int]) -> None:
    """A month is written anew whenever it is summed, so one of a wrong type is no reason to stop."""
    redis, key = stack.redis.client, "hotline:{city}:2024-03"
    redis("SET", key, "not a hash")
    units = stack.consumers[1]
    units.start()
    wait_until("the month is a hash again", lambda: redis("TYPE", key) == "hash")
    check_same("months", months, state.months(redis))
    stack.stop()


def refuse_broken_head(stack: Stack) -> None:
    redis, key = stack.redis.client, "hotline:{tickets.2}:head"
    was = redis("GET", key)
    redis("SET", key, b"v=2 topic=hotline.ticket-events partition=2")
    refused(stack, one(stack, "hotline-tickets"), FATAL, "broken_state", "head")
    redis("SET", key, was.replace(b"v=2 ", b"v=1 ", 1))
    for name in PROGRAMS:
        refused(stack, one(stack, name, "--settle", "1d"), FATAL, "other_version", "a head of version 1", "--rebuild")
    redis("SET", key, was)


def refuse_lost_head(stack: Stack, months: dict[Any, int]) -> None:
    """Only --rebuild starts over, and gives the same again."""
    stack.redis.client("FLUSHALL")
    refused(stack, one(stack, "hotline-tickets"), FATAL, "head_missing", "has no head", "--rebuild")
    rebuilding = one(stack, "hotline-tickets", "--rebuild")
    rebuilding.start()
    units = stack.consumers[1]
    units.start()
    wait_until("rebuilding is ready", rebuilding.is_ready)
    stack.settle(has_all_counters=False)
    check_same("months after --rebuild", months, state.months(stack.redis.client))
    assert rebuilding.process
    check("exit code after --rebuild", 0, rebuilding.process.stop())
    stack.stop()


def refuse_other_zone(case: Case, stack: Stack) -> None:
    """Days that were counted would move. A process that does not insist goes on with the policy in force."""
    policy = case.folder / "other-zone.yaml"
    policy.write_text('zone: "+09:00"\n', encoding="utf-8")
    refused(stack, one(stack, "hotline-tickets", "--policy", str(policy), "--policy-takeover"), CONFIG, "zone +09:00", "zone +08:00", "--rebuild")
    modest = one(stack, "hotline-tickets", "--policy", str(policy))
    modest.start()
    wait_until("it goes on with what is in force", modest.is_ready)
    assert modest.process
    check("exit code", 0, modest.process.stop())


def refuse_other_partitions(case: Case, stack: Stack) -> None:
    other = DevBroker(case, "--partitions", "6", name="devbroker-6")
    for name in PROGRAMS:
        refused(stack, one(stack, name, brokers=other.brokers), FATAL, "partitions_changed", "hotline.", "with 4;" if name == "hotline-units" else "had 4 partitions and now has 6")
    other.process.stop()


def refuse_lost_range(stack: Stack) -> None:
    """devbroker throws the oldest away, read or not."""
    offset = int(state.heads(stack.redis.client)["tickets.0"]["offset"])
    line = b"x" * 8000 + b"\n"
    stack.kafka._kcat("-P", "-t", "hotline.ticket-events", "-p", "0", data=line * (2 * PARTITION_BYTES // len(line)))
    refused(stack, one(stack, "hotline-tickets"), FATAL, "offset_out_of_range", "partition 0 of hotline.ticket-events", f"offsets {offset} to", "deleted before they were read")


def embedded(case: Case) -> None:
    stack = Stack(case, DevBroker(case))
    for name in PROGRAMS:
        stack.add(name)
    refuse_settings(case, stack)
    refuse_redis(case, stack)
    months = fill(stack)
    refuse_wrong_types(stack)
    mend_month(stack, months)
    refuse_broken_head(stack)
    refuse_other_zone(case, stack)
    refuse_other_partitions(case, stack)
    refuse_lost_head(stack, months)
    refuse_lost_range(stack)


# ---------------------------------------------------------------- a real Kafka

def refuse_deleted_records(case: Case, stack: Stack, kafka: Kafka) -> None:
    """Retention took what nobody had read yet."""
    stack.replay("-", text=EVENTS.replace("2024-03-05", "2024-03-06"))
    end = kafka.client.ends("hotline.ticket-events")[3]
    offset = int(state.heads(stack.redis.client)["tickets.3"]["offset"])
    request = case.folder / "delete.json"
    request.write_text(json.dumps({"version": 1, "partitions": [{"topic": "hotline.ticket-events", "partition": 3, "offset": end}]}), encoding="utf-8")
    kafka.tool("org.apache.kafka.tools.DeleteRecordsCommand", "--offset-json-file", str(request))
    refused(stack, one(stack, "hotline-tickets"), FATAL, "offset_out_of_range", "partition 3 of hotline.ticket-events", f"offsets {offset} to {end - 1}",
            "deleted before they were read")


def refuse_more_partitions(stack: Stack, kafka: Kafka) -> None:
    kafka.tool("org.apache.kafka.tools.TopicCommand", "--alter", "--topic", "hotline.ticket-events", "--partitions", "5")
    for name in PROGRAMS:
        refused(stack, one(stack, name), FATAL, "partitions_changed", "hotline.ticket-events", "4", "5")


def real(case: Case) -> None:
    kafka = Kafka(case)
    stack = Stack(case, kafka)
    for name in PROGRAMS:
        stack.add(name)
    for name in PROGRAMS:
        refused(stack, one(stack, name, "-t", "no.such.topic"), FATAL, "no.such.topic")
    fill(stack)
    refuse_deleted_records(case, stack, kafka)
    refuse_more_partitions(stack, kafka)


if __name__ == "__main__":
    run_case(real if sys.argv[1:] == ["kafka"] else embedded)
