#!/usr/bin/env python3
"""links.py - repeated tickets and crowds, which reach across tickets and shards, are what a plain count over all tickets gives: at first, after kills, after corrections.

The count is that of common/rules/repeated.c and crowd.c, written once more.
"""

from __future__ import annotations

import json
import random
from typing import Any

import state
from case import Case, check, check_same, run_case
from servers import DevBroker
from stack import Stack

DAY_MS = 86_400_000
START_MS = 1_709_600_400_000
WITHIN_MS, CROWD_WITHIN_MS, CROWD = 30 * DAY_MS, DAY_MS, 5
TICKETS = 400

Event = dict[str, Any]


def make(random_: random.Random) -> list[Event]:
    """Few callers, places and instants, so that much comes again, at both sides of the windows."""
    events = []
    for number in range(TICKETS):
        at = START_MS + random_.choice((random_.randrange(60 * DAY_MS), random_.randrange(6) * 10 * DAY_MS, random_.randrange(3) * DAY_MS + random_.randrange(2)))
        event: Event = {"ticket_id": f"{821300 + number}", "at": at, "type": "received", "level": "city"}
        if random_.random() < 0.8:
            event["caller"] = f"c-{random_.randrange(120)}"
        if random_.random() < 0.8:
            event["place"] = f"p{random_.randrange(6)}"
        if random_.random() < 0.9:
            event["category"] = random_.choice(("noise/night", "noise", "roads/lamps"))
        events.append(event)
        if random_.random() < 0.2:
            change = random_.choice(({"valid": False}, {"caller": f"c-{random_.randrange(120)}"}, {"place": "p0"}))
            events.append({"ticket_id": event["ticket_id"], "at": at + 1000, "type": "received", **change})
        if random_.random() < 0.5:
            events.append({"ticket_id": event["ticket_id"], "at": at + 2000, "type": "dispatched", "unit": f"u{random_.randrange(3)}"})
    return events


def tickets_of(events: list[Event]) -> list[Event]:
    """Each ticket's last word, the valid ones, in the order of their receipt."""
    tickets: dict[str, Event] = {}
    for event in sorted(events, key=lambda event: event["at"]):
        known = tickets.setdefault(event["ticket_id"], {"at": event["at"]})
        known.update({name: value for name, value in event.items() if name != "at"})
    valid = [ticket for ticket in tickets.values() if ticket.get("valid", True)]
    return sorted(valid, key=lambda ticket: (ticket["at"], ticket["ticket_id"].encode()))


def thing(ticket: Event) -> tuple[str, str] | None:
    return (ticket["place"], ticket["category"]) if "place" in ticket and "category" in ticket else None


def crowd(tickets: list[Event], at: int) -> int:
    """Of the last of these tickets about one thing."""
    return len({ticket["caller"] for ticket in tickets if "caller" in ticket and at - ticket["at"] <= CROWD_WITHIN_MS})


def judge(events: list[Event]) -> tuple[dict[str, str], int]:
    """The alerts, and how many tickets are repeated."""
    tickets, alerts, repeated = tickets_of(events), {}, 0
    for place, ticket in enumerate(tickets):
        earlier = [other for other in tickets[:place] if ticket["at"] - other["at"] <= WITHIN_MS]
        by_caller = 1 + sum("caller" in ticket and other.get("caller") == ticket["caller"] for other in earlier)
        by_thing = 1 + sum(thing(ticket) is not None and thing(other) == thing(ticket) for other in earlier)
        repeated += max(by_caller, by_thing) > 1
        if by_caller in (2, 3) or by_thing in (2, 3):
            alerts[f"repeated/{ticket['ticket_id']}"] = "firing"
        about = [other for other in tickets[: place + 1] if thing(ticket) is not None and thing(other) == thing(ticket)]
        if len(about) > 1 and crowd(about, ticket["at"]) >= CROWD > crowd(about[:-1], about[-2]["at"]):
            alerts[f"crowd/{ticket['ticket_id']}/callers"] = "firing"
    return alerts, repeated


def check_all(stack: Stack, when: str, events: list[Event]) -> None:
    stack.settle()
    alerts, repeated = judge(events)
    told = {id_: last for id_, last in state.alerts(stack.kafka).items() if id_.split("/", 1)[0] in ("repeated", "crowd")}
    check_same(f"{when}: alerts", alerts, {id_: last for id_, last in told.items() if last != "retracted"})
    counted = sum(value for (dimension, _, name), value in state.months(stack.redis.client).items() if (dimension, name) == ("city", "repeated"))
    check(f"{when}: repeated tickets", repeated, counted)
    check(f"{when}: dead letters", [], stack.kafka.records("hotline.dead-letters"))
    stack.case.say(f"{when}: {repeated} repeated tickets and {len(alerts)} alerts are as they must be")


def send(stack: Stack, events: list[Event], *options: str) -> None:
    stack.replay(*options, "-", text="".join(json.dumps(event) + "\n" for event in events))


def main(case: Case) -> None:
    random_ = random.Random(20240305)
    stack = Stack(case, DevBroker(case))
    for name in ("hotline-tickets", "hotline-tickets", "hotline-units"):
        stack.add(name)
    stack.start()
    events = make(random_)
    alerts, repeated = judge(events)
    check("there are crowds and repeated tickets", True, repeated > 50 and any(id_.startswith("crowd/") for id_ in alerts))
    half = len(events) // 2
    send(stack, events[:half], "--no-marks")
    check_all(stack, "the first half", events[:half])
    # The rest out of order, with kills in between.
    rest = events[half:]
    random_.shuffle(rest)
    for part in range(4):
        send(stack, rest[part::4], "--no-marks")
        stack.kill(takes_redis=part % 2 == 1)
        stack.start(has_to_be_ready=part == 3)
    check_all(stack, "all, with kills", events)
    send(stack, events, "--shuffle", "7")
    check_all(stack, "all once more, shuffled", events)
    stack.stop()


if __name__ == "__main__":
    run_case(main)
