#!/usr/bin/env python3
"""bad_input.py - what cannot be read becomes a dead letter with its reason, its place and its bytes; everything else goes on."""

from __future__ import annotations

import json
import random
import subprocess
import time
from typing import NamedTuple

import state
import wire
from case import Case, check, check_in, check_same, clean_environment, program, run_case, wait_until
from kafka_client import Record
from servers import DevBroker
from stack import Stack

TICKETS, UNITS, CHANGES, LETTERS = "hotline.ticket-events", "hotline.unit-events", "hotline.counter-changes", "hotline.dead-letters"
LETTER_BYTES_MAX = 900 * 1024   # a longer one is cut and says so: Kafka's own limit of a message is 1 MB
MINUTE_MS = 60 * 1000


class Bad(NamedTuple):
    what: str
    reason: str
    key: str
    value: bytes
    topic: str = TICKETS
    options: tuple[str, ...] = ()


def bad_records(now_ms: int) -> list[Bad]:
    good = wire.ticket_event("1", now_ms, "received")
    garbage = b"\xff" + random.Random(1).randbytes(300)
    return [
        Bad("garbage", "bad_protobuf", "1", garbage),
        Bad("truncated protobuf", "bad_protobuf", "1", wire.ticket_event("1", now_ms, "dispatched", unit="xlt-zhujian")[:-4]),
        Bad("an empty value", "bad_protobuf", "1", b""),
        Bad("a broken Confluent frame", "bad_frame", "1", b"\x00\x00\x00\x00"),
        Bad("a unit that is not UTF-8", "bad_utf8", "1", wire.ticket_event("1", now_ms, "dispatched", unit=b"xlt-\xc3\x28")),
        Bad("a unit with a NUL", "bad_utf8", "1", wire.ticket_event("1", now_ms, "dispatched", unit=b"xlt\x00zhujian")),
        Bad("a unit with a brace", "bad_field", "1", wire.ticket_event("1", now_ms, "dispatched", unit="xlt}{")),
        Bad("a dispatch without a unit", "bad_field", "1", wire.ticket_event("1", now_ms, "dispatched")),
        Bad("1 MiB", "too_large", "1", good + wire.field(17, "a" * ((1 << 20) - len(good)))),
        Bad("1 MiB of unknown fields", "too_large", "1", good + wire.field(99, b"") * 349000),
        Bad("a type that nobody knows", "bad_field", "1", wire.ticket_event("1", now_ms, 99)),
        Bad("no type", "bad_field", "1", wire.ticket_event("1", now_ms, 0)),
        Bad("an id that is too long", "bad_field", "9" * 65, wire.ticket_event("9" * 65, now_ms, "received")),
        Bad("no key", "bad_field", "", good),
        Bad("another ticket's key", "wrong_key", "2", good),
        Bad("six minutes ahead", "in_the_future", "1", wire.ticket_event("1", now_ms + 6 * MINUTE_MS, "received")),
        Bad("a thousand years ago", "bad_time", "1", wire.ticket_event("1", now_ms - 1000 * 365 * 24 * 60 * MINUTE_MS, "received")),
        Bad("a clock mark without a clock", "bad_field", "", b"", options=("-H", "hotline-clock-mark=soon", "-p", "0")),
        Bad("garbage about units", "bad_protobuf", "xlt-zhujian", garbage, UNITS),
        Bad("garbage about changes", "bad_protobuf", "city", garbage, CHANGES),
    ]


def send(case: Case, stack: Stack, bad: list[Bad], now_ms: int) -> None:
    """Between two bad ones always a good one, in every form that is taken."""
    for number, record in enumerate(bad):
        stack.kafka.produce(record.topic, record.key, record.value, case.folder, *record.options)
        event = wire.ticket_event(f"good-{number}", now_ms - number * MINUTE_MS, "received")
        framed = b"\x00\x00\x00\x00\x07\x00" + event if number % 2 else event
        stack.kafka.produce(TICKETS, f"good-{number}", framed, case.folder)
    # Just within five minutes, and from a time before all of this: both are events like any other.
    stack.kafka.produce(TICKETS, "soon", wire.ticket_event("soon", now_ms + 4 * MINUTE_MS, "received"), case.folder)
    stack.kafka.produce(TICKETS, "early", wire.ticket_event("early", 1_000_000_000_000, "received"), case.folder)


def check_letters(stack: Stack, bad: list[Bad]) -> None:
    letters = stack.kafka.records(LETTERS)
    sources: dict[tuple[str, int, int], Record] = {}
    for topic in (TICKETS, UNITS, CHANGES):
        sources.update({(topic, record.partition, record.offset): record for record in stack.kafka.records(topic)})
    found = {}
    for letter in letters:
        place = (letter.header("topic"), int(letter.header("partition")), int(letter.header("offset")))
        source = sources[place]
        is_cut = len(source.value) > LETTER_BYTES_MAX
        check(f"bytes of the dead letter of {place}", source.value[:LETTER_BYTES_MAX], letter.value)
        check(f"key of the dead letter of {place}", source.key or b"", letter.key or b"")
        check(f"the dead letter of {place} says that it is cut", is_cut, letter.header("error").endswith("(cut)"))
        found[place] = letter
    check("places of dead letters, each once", len(letters), len(found))
    wanted = {record.what: record.reason for record in bad}
    got = {record.what: reason_of(record, found, sources) for record in bad}
    check_same("reasons", wanted, got)


def reason_of(bad: Bad, found: dict[tuple[str, int, int], Record], sources: dict[tuple[str, int, int], Record]) -> str:
    """Of the letter whose source is this record."""
    for place, letter in found.items():
        source = sources[place]
        if place[0] == bad.topic and source.value == bad.value and (source.key or b"") == bad.key.encode() and bool(bad.options) == bool(source.headers):
            return letter.header("reason")
    return "none"


def check_csv(case: Case) -> None:
    """A line that does not parse is named by file, line and column; the others are sent."""
    path = case.folder / "cases.csv"
    path.write_text("CASE_ENQUIRY_ID,OPEN_DT,TARGET_DT,CLOSED_DT,SUBJECT,REASON,Source,Department\n"
                    "1,2024-03-05 09:00:00,,2024-03-06 09:00:00,a,b,Constituent Call,PWDx\n"
                    "2,yesterday,,,a,b,Constituent Call,PWDx\n"
                    "3,2024-03-05 09:00:00\n"
                    "4,2024-03-05 10:00:00,,,a,b,Constituent Call,PWDx\n", encoding="utf-8")
    done = subprocess.run([program("hotline-replay"), "--dry-run", "--mapping", "boston311", str(path)], capture_output=True, text=True, env=clean_environment())
    check("exit code of hotline-replay", 0, done.returncode)
    ids = {json.loads(line)["ticket_id"] for line in done.stdout.splitlines()}
    check("tickets that were sent", {"1", "4"}, ids)
    check_in("the bad instant", "cases.csv:3: column 2 (OPEN_DT)", done.stderr)
    check_in("the short line", "cases.csv:4: the row has 2 fields", done.stderr)


def main(case: Case) -> None:
    check_csv(case)
    stack = Stack(case, DevBroker(case))
    stack.add("hotline-tickets")
    stack.add("hotline-units")
    stack.start()
    now_ms = int(time.time() * 1000)
    bad = bad_records(now_ms)
    send(case, stack, bad, now_ms)
    stack.settle()
    wait_until("a dead letter of hotline-units, which is not behind when it has read no counter", lambda: CHANGES in [letter.header("topic") for letter in stack.kafka.records(LETTERS)])
    check_letters(stack, bad)
    check("received by the city", len(bad) + 2, sum(value for (dimension, _, name), value in state.months(stack.redis.client).items()
                                                    if dimension == "city" and name == "received"))
    check("rejected, by the metrics of hotline-tickets", len(bad) - 1, int(stack.consumers[0].metric("hotline_rejected_total")))
    stack.stop()
    case.say(f"{len(bad)} dead letters, each with its reason")


if __name__ == "__main__":
    run_case(main)
