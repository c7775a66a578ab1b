#!/usr/bin/env python3
"""kafka_errors.py [each [API...]] - every API of Kafka that our consumers use, answered with every error code that belongs to it, several in a row.

An error either passes, and then the counters are the truth in the end, or is for good, and then the program that meets it ends with one sentence and exit code 1,
and when it is started again the counters are the truth. APIS is the table of which is which.

Without "each", what passes of an API comes in one row (all of it where the API is asked all the time, else the first few), and what is for good by examples. With
it, each code comes by itself, and what is for good to both programs; this takes half an hour and belongs to the level long.
"""

from __future__ import annotations

import sys
import time
from typing import NamedTuple

import state
from case import LOOK_AGAIN_S, Case, Failure, check, check_in, run_case, wait_until
from servers import DevBroker
from stack import Consumer, Stack

IN_A_ROW = 3
TICKETS = 20           # of a story
FATAL = 1
MET_S = 5.0
TRIES = 6
SOME = 4               # in CI: codes of an API that is only asked at the start or the end of a program
SOME_ENDS = ("Produce", "Fetch", "OffsetFetch", "JoinGroup")
CUT = -195             # devbroker's word for a connection that is cut
TOPIC = "hotline.ticket-events"

# Source: https://kafka.apache.org/protocol, "Error Codes".
NAMES = {CUT: "connection cut", -1: "UNKNOWN_SERVER_ERROR", 1: "OFFSET_OUT_OF_RANGE", 2: "CORRUPT_MESSAGE", 3: "UNKNOWN_TOPIC_OR_PARTITION", 5: "LEADER_NOT_AVAILABLE",
         6: "NOT_LEADER_OR_FOLLOWER", 7: "REQUEST_TIMED_OUT", 8: "BROKER_NOT_AVAILABLE", 9: "REPLICA_NOT_AVAILABLE", 10: "MESSAGE_TOO_LARGE",
         12: "OFFSET_METADATA_TOO_LARGE", 13: "NETWORK_EXCEPTION", 14: "COORDINATOR_LOAD_IN_PROGRESS", 15: "COORDINATOR_NOT_AVAILABLE", 16: "NOT_COORDINATOR",
         17: "INVALID_TOPIC_EXCEPTION", 18: "RECORD_LIST_TOO_LARGE", 19: "NOT_ENOUGH_REPLICAS", 20: "NOT_ENOUGH_REPLICAS_AFTER_APPEND", 21: "INVALID_REQUIRED_ACKS",
         22: "ILLEGAL_GENERATION", 23: "INCONSISTENT_GROUP_PROTOCOL", 24: "INVALID_GROUP_ID", 25: "UNKNOWN_MEMBER_ID", 26: "INVALID_SESSION_TIMEOUT",
         27: "REBALANCE_IN_PROGRESS", 28: "INVALID_COMMIT_OFFSET_SIZE", 29: "TOPIC_AUTHORIZATION_FAILED", 30: "GROUP_AUTHORIZATION_FAILED",
         31: "CLUSTER_AUTHORIZATION_FAILED", 32: "INVALID_TIMESTAMP", 35: "UNSUPPORTED_VERSION", 42: "INVALID_REQUEST", 43: "UNSUPPORTED_FOR_MESSAGE_FORMAT",
         44: "POLICY_VIOLATION", 45: "OUT_OF_ORDER_SEQUENCE_NUMBER", 47: "INVALID_PRODUCER_EPOCH", 51: "CONCURRENT_TRANSACTIONS",
         53: "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", 56: "KAFKA_STORAGE_ERROR", 59: "UNKNOWN_PRODUCER_ID", 70: "FETCH_SESSION_ID_NOT_FOUND",
         71: "INVALID_FETCH_SESSION_EPOCH", 74: "FENCED_LEADER_EPOCH", 75: "UNKNOWN_LEADER_EPOCH", 76: "UNSUPPORTED_COMPRESSION_TYPE", 78: "OFFSET_NOT_AVAILABLE",
         79: "MEMBER_ID_REQUIRED", 81: "GROUP_MAX_SIZE_REACHED", 82: "FENCED_INSTANCE_ID", 87: "INVALID_RECORD", 88: "UNSTABLE_OFFSET_COMMIT",
         89: "THROTTLING_QUOTA_EXCEEDED", 90: "PRODUCER_FENCED", 100: "UNKNOWN_TOPIC_ID"}


class Api(NamedTuple):
    name: str
    key: int
    when: str                      # a consumer asks it: at its "start", at its "stop", or at "work"
    passes: tuple[int, ...]
    ends: dict[int, str] = {}      # what is for good, and what the sentence says
    alone: tuple[int, ...] = ()    # passes too, but not behind an error that leaves open whether the broker has the records: then librdkafka may not send them again


# Left out: DUPLICATE_SEQUENCE_NUMBER of Produce, which says that the broker has the records, and the embedded one would be lying.
APIS = (
    Api("Produce", 0, "work", (CUT, -1, 2, 3, 5, 6, 7, 13, 17, 19, 20, 21, 32, 43, 44, 47, 56, 89),
        {10: "too large", 18: "larger than", 29: "Topic authorization failed", 31: "Cluster authorization failed", 45: "sequence desynchronization",
         87: "failed to validate record"}, (59,)),
    Api("Fetch", 1, "work", (CUT, -1, 2, 3, 5, 6, 8, 9, 43, 56, 70, 71, 74, 75, 76, 78, 100),
        {1: "is out of range, though it begins at offset", 29: "Topic authorization failed"}),
    Api("ListOffsets", 2, "start", (CUT, -1, 3, 5, 6, 9, 43, 56, 74, 75, 78), {29: "Topic authorization failed"}),
    Api("OffsetCommit", 8, "work", (CUT, -1, 3, 7, 12, 14, 15, 16, 22, 24, 25, 27, 28, 29, 30), {82: "fenced by other consumer"}),
    Api("OffsetFetch", 9, "start", (CUT, -1, 3, 14, 15, 16, 22, 24, 25, 88), {29: "Topic authorization failed", 30: "Group authorization failed"}),
    Api("FindCoordinator", 10, "start", (CUT, -1, 14, 15, 24, 42), {30: "Group authorization failed", 53: "Transactional Id authorization failed"}),
    Api("JoinGroup", 11, "start", (CUT, -1, 14, 15, 16, 22, 24, 25, 27, 79, 81), {23: "Inconsistent group protocol", 26: "Invalid session timeout", 30: "Group authorization failed", 82: "fenced by other consumer"}),
    Api("Heartbeat", 12, "work", (CUT, -1, 14, 15, 16, 22, 24, 25, 27, 30), {82: "fenced by other consumer"}),
    Api("LeaveGroup", 13, "stop", (CUT, -1, 14, 15, 16, 24, 25, 30, 82)),
    Api("SyncGroup", 14, "start", (CUT, -1, 14, 15, 16, 22, 23, 24, 25, 27, 30), {82: "fenced by other consumer"}),
    Api("ApiVersions", 18, "start", (CUT, -1, 35, 42)),
    Api("InitProducerId", 22, "start", (CUT, -1, 7, 14, 15, 16, 42, 51),
        {31: "Cluster authorization failed", 47: "Producer fenced", 53: "Transactional Id authorization failed", 90: "Producer fenced"}),
)
# Of Metadata, which tells of topics: of one that is not well for a while, and of one that never will be.
TOPIC_PASSES = (5, 7, 9)
TOPIC_ENDS = {3: "does not exist", 29: "Topic authorization failed"}
PROGRAMS = ("hotline-tickets", "hotline-units")


class Town:
    """A stack, and what it must have counted."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.broker = DevBroker(case)
        self.stack = Stack(case, self.broker)
        self.consumers = [self.stack.add(name) for name in PROGRAMS]
        self.tickets = 0
        self.stack.start()

    def story(self) -> None:
        """Some tickets of one unit, from their receipt to their rating."""
        lines = []
        for number in range(self.tickets, self.tickets + TICKETS):
            at = f'"ticket_id":"t-{number}","at":"2024-03-05T1'
            lines += [f'{{{at}0:00:00+08:00","type":"received","kind":"complaint","level":"city"}}', f'{{{at}1:00:00+08:00","type":"dispatched","unit":"xlt-zhujian"}}',
                      f'{{{at}2:00:00+08:00","type":"resolved","unit":"xlt-zhujian"}}', f'{{{at}3:00:00+08:00","type":"rated","satisfied":true}}']
        self.tickets += TICKETS
        self.stack.replay("--no-marks", "-", text="\n".join(lines) + "\n")

    def check(self) -> None:
        """Everything that was sent is counted once, summed and published."""
        self.stack.start(has_to_be_ready=False)
        self.stack.settle()
        months = state.months(self.stack.redis.client)
        for dimension in ("city", "unit/xlt-zhujian"):
            for name in ("dispatched", "completed", "resolved_on_time", "satisfied"):
                check(f"{name} of {dimension}", self.tickets, months.get((dimension, "2024-03", name)))

    def stop_all(self) -> None:
        """Also those that have ended."""
        for consumer in self.consumers:
            if consumer.process and consumer.process.is_running():
                check(f"exit code of {consumer.name}", 0, consumer.process.stop())
            consumer.process = None


def say_codes(codes: tuple[int, ...]) -> str:
    return ", ".join(NAMES[code] for code in codes)


# ---------------------------------------------------------------- what passes

def pass_by(town: Town, api: Api, codes: tuple[int, ...]) -> None:
    """Both programs meet the errors, whoever comes first, with work to do."""
    stack = town.stack
    town.case.say(f"{api.name}: {say_codes(codes)}")
    if api.when != "work":
        town.stop_all()
        town.story()
        if api.when == "stop":
            stack.start()
        town.broker.fail(api.key, *codes)
        if api.when == "stop":
            stack.stop()
        stack.start(has_to_be_ready=False)
    else:
        stack.start()
        for consumer in town.consumers:
            stack.freeze(consumer)
        town.story()
        town.broker.fail(api.key, *codes)
        for consumer in town.consumers:
            stack.thaw(consumer)
    wait_until(f"{api.name}: all errors were met", lambda: is_met(town, api))
    town.check()


def is_met(town: Town, api: Api) -> bool:
    for consumer in town.consumers:
        if consumer.process and not consumer.process.is_running():
            raise Failure(f"{consumer.name} ended with {consumer.process.child.returncode}: {consumer.process.text()[-1000:]}")
    if not town.broker.left(api.key):
        return True
    if api.when == "stop":       # who leaves does so once
        town.stack.wait_ready()
        town.stack.stop()
        town.stack.start()
    elif api.when == "start":    # and who starts may ask only once
        town.stack.wait_ready()
        if town.broker.left(api.key):
            town.stack.stop()
            town.stack.start(has_to_be_ready=False)
    elif api.name == "OffsetCommit":
        town.story()             # there must be something to commit
    return False


# ---------------------------------------------------------------- what is for good

def only(town: Town, name: str) -> Consumer:
    """Everybody is stopped, and there is work for this one."""
    town.stop_all()
    town.story()
    tickets, units = town.consumers
    if name == units.name:
        tickets.start()
        wait_until("the events are taken in", lambda: not state.lag(town.stack.redis.client, town.stack.kafka) and not state.outboxes(town.stack.redis.client))
        assert tickets.process
        check("exit code of hotline-tickets", 0, tickets.process.stop())
        return units
    return tickets


def end_with(town: Town, what: str, consumer: Consumer, text: str) -> None:
    """It ends by itself, with one error that says so."""
    assert consumer.process
    code, log = consumer.process.end(), consumer.process.text()
    errors = [line for line in log.splitlines() if "level=error" in line or not line.startswith("ts=")]
    if code != FATAL:
        raise Failure(f"{what}: {consumer.name} ended with {code}, wanted {FATAL}\n{log[-2000:]}")
    check(f"{what}: errors of {consumer.name}: {errors}", 1, len(errors))
    check_in(f"{what}: {consumer.name}", text, errors[0])
    town.case.say(f"{what}: {consumer.name} {errors[0][errors[0].index('reason='):][:200]}")


def has_ended(consumer: Consumer) -> bool:
    return bool(consumer.process) and not consumer.process.is_running()


def ends_soon(consumer: Consumer) -> bool:
    """A program that has met the error has ended by then; if it has not, it meets one more, and nothing else comes of it."""
    until_s = time.monotonic() + MET_S
    while not has_ended(consumer) and time.monotonic() < until_s:
        time.sleep(LOOK_AGAIN_S)
    return has_ended(consumer)


def end_by(town: Town, api: Api, code: int, name: str) -> None:
    consumer = only(town, name)
    town.broker.fail(api.key, code)
    consumer.start()
    for _ in range(TRIES):
        wait_until(f"{api.name} {NAMES[code]}: {name} meets it", lambda: has_ended(consumer) or not town.broker.left(api.key))
        if ends_soon(consumer):
            break
        town.broker.fail(api.key, code)  # it was given to a reader of its own that begins anew
    check(f"{api.name}: errors that are left", 0, town.broker.left(api.key))
    end_with(town, f"{api.name} {NAMES[code]}", consumer, api.ends[code])
    town.check()


# ---------------------------------------------------------------- Metadata

def spoil_metadata(town: Town) -> None:
    for code in TOPIC_PASSES:
        town.case.say(f"Metadata: {NAMES[code]} of {TOPIC}")
        town.stop_all()
        town.story()
        town.broker.spoil_topic(TOPIC, code)
        town.stack.start(has_to_be_ready=False)
        for consumer in town.consumers:
            wait_until(f"{consumer.name} waits for {TOPIC}", lambda: consumer.get("/readyz")[0] == 503 and TOPIC in consumer.get("/readyz")[1])
        town.broker.spoil_topic(TOPIC, 0)
        town.check()
    for code, text in TOPIC_ENDS.items():
        for name in PROGRAMS:
            consumer = only(town, name)
            town.broker.spoil_topic(TOPIC, code)
            consumer.start()
            end_with(town, f"Metadata {NAMES[code]}", consumer, text)
            town.broker.spoil_topic(TOPIC, 0)
        town.check()


def each(case: Case) -> None:
    town = Town(case)
    wanted = sys.argv[2:] or [api.name for api in APIS] + ["Metadata"]
    for api in APIS:
        for code in api.passes + api.alone if api.name in wanted else ():
            pass_by(town, api, (code,) * IN_A_ROW)
        for code in api.ends if api.name in wanted else ():
            for name in PROGRAMS:
                end_by(town, api, code, name)
    if "Metadata" in wanted:
        spoil_metadata(town)
    town.stop_all()


def some(case: Case) -> None:
    town = Town(case)
    for api in APIS:
        pass_by(town, api, api.passes if api.when == "work" else api.passes[:SOME])
        for code in api.alone:
            pass_by(town, api, (code,))
    for number, api in enumerate(api for api in APIS if api.name in SOME_ENDS):
        end_by(town, api, list(api.ends)[0], PROGRAMS[number % len(PROGRAMS)])
    spoil_metadata(town)
    town.stop_all()


if __name__ == "__main__":
    run_case(each if sys.argv[1:2] == ["each"] else some)
