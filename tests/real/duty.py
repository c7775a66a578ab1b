#!/usr/bin/env python3
"""duty.py - alerts about a unit's own month, told by `hotline alerts` from the state, with and without Kafka."""

from __future__ import annotations

import json

from case import Case, check, clean_environment, program, run_case
from servers import DevBroker
from stack import Stack

UNIT = "xlt-zhujian"
POLICY = 'zone: "+08:00"\ncalendar: cn\nroster: units.yaml\n'
ROSTER = f"- {{ id: {UNIT}, duty: true }}\n"


def log_in(at: str) -> str:
    return json.dumps({"unit": UNIT, "at": at, "type": "logged_in"}) + "\n"


def states(rows: list[dict[str, str]]) -> dict[str, str]:
    return {row["id"]: row["state"] for row in rows}


def without_kafka(case: Case, stack: Stack, *arguments: str) -> list[dict[str, str]]:
    environment = {**stack.environment(), "HOTLINE_BROKERS": "127.0.0.1:1"}
    return json.loads(case.run(program("hotline"), "alerts", *arguments, "--format", "json", environment=clean_environment(**environment)))


def part(case: Case) -> None:
    policy = case.folder / "policy.yaml"
    policy.write_text(POLICY, encoding="utf-8")
    (case.folder / "units.yaml").write_text(ROSTER, encoding="utf-8")
    stack = Stack(case, DevBroker(case), policy=policy)
    stack.add("hotline-tickets")
    stack.add("hotline-units")
    stack.start()
    # Too late on Monday the 4th; not at all on the three days after it, the last of which makes the letter.
    stack.replay("--clock-to", "2024-03-07T17:00:00+08:00", "-", text=log_in("2024-03-01T09:00:00+08:00") + log_in("2024-03-04T17:00:00+08:00"))
    stack.settle()
    missed = {f"duty/{UNIT}/2024-03/{day}": "resolved" if day == "04" else "firing" for day in ("04", "05", "06", "07")}
    told = stack.hotline("alerts", "--rule", "duty")
    check("alerts of duty", missed, states(told))
    check("unit and dimension", {(UNIT, f"unit/{UNIT}", None)}, {(row["unit"], row["dimension"], row["ticket_id"]) for row in told})
    check("without Kafka", told, without_kafka(case, stack, "--rule", "duty"))
    letters = states(without_kafka(case, stack, "--rule", "duty-letter", "--unit", UNIT))
    check("a letter", ["firing"], [letters[id] for id in letters if id.endswith("/letter")])
    # A log-in in time that is told of late takes its alert back; the state does not know of it any more, the topic does.
    stack.replay("--clock-to", "2024-03-07T17:00:00+08:00", "-", text=log_in("2024-03-05T08:30:00+08:00"))
    stack.settle()
    taken_back = f"duty/{UNIT}/2024-03/05"
    check("taken back", {**missed, taken_back: "retracted"}, states(stack.hotline("alerts", "--rule", "duty")))
    check("taken back, without Kafka", {id: last for id, last in missed.items() if id != taken_back}, states(without_kafka(case, stack, "--rule", "duty")))
    check("newer than the last day", ["07"], [row["id"][-2:] for row in stack.hotline("alerts", "--rule", "duty", "--since", "2024-03-07")])
    stack.stop()


if __name__ == "__main__":
    run_case(part)
