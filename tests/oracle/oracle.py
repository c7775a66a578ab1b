#!/usr/bin/env python3
"""oracle.py - a second, slow and obvious computation of every number, alert and worklist that the system must give.

Written from design.md, rules.md, the comments of deploy/policy/default.yaml and the readings that each rule states in its header, and sharing
no code with the C core, so that a misreading has to be made twice to stay hidden. It reads JSON Lines events and a policy, judges everything
at one instant and prints sorted lines:

    counter DIMENSION DAY NAME VALUE               counters that are zero are not printed
    alert ID firing|resolved SEVERITY AT HOLDER    of a dimension's month without AT and HOLDER, and only what fires now
    worklist NAME UNIT MONTH TICKET
    total DIMENSION MONTH NAME VALUE               with --months

Readings that the pages leave open are marked `Reading:` where they act.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Iterable, Iterator

from counting import Counting
from days import parse_instant
from events import gather
from link_rules import LinkRules
from month_rules import MonthRules
from policy import Policy, policy_of
from result import Result
from story import Story
from ticket_rules import TicketRules
from unit_rules import UnitRules


def assess(rows: Iterable[dict[str, Any]], clock_ms: int, policy: Policy | None = None, heard_from_ms: int | None = None) -> Result:
    """Everything that the events amount to at the clock. Units that have duty are watched from the month of `heard_from_ms` on, by default the
    earliest event's."""
    policy, result, rows = policy or Policy(), Result(), list(rows)
    counting = Counting(policy, clock_ms, result)
    tickets, units = gather(rows)
    stories = [Story(ticket_id, events, policy) for ticket_id, events in tickets.items() if events]
    for story in stories:
        judge_ticket(story, policy, clock_ms, counting, result)
    LinkRules(stories, policy, counting, result).judge()
    for unit, events in units.items():
        counting.unit_events(unit, events)
    first_ms = min([parse_instant(row["at"]) for row in rows] + ([] if heard_from_ms is None else [heard_from_ms]), default=clock_ms)
    for unit in sorted({person.unit for person in policy.roster if person.has_duty}):
        UnitRules(unit, units.get(unit, []), policy, clock_ms, counting, result).judge(policy.day_of(first_ms))
    MonthRules(policy, clock_ms, result).judge()
    return result


def judge_ticket(story: Story, policy: Policy, clock_ms: int, counting: Counting, result: Result) -> None:
    """An invalid ticket is in no count but `received`, on no list and in no alert."""
    counting.intake(story)
    if story.is_valid:
        counting.ticket(story)
        TicketRules(story, policy, clock_ms, counting, result).judge()


def read_rows(path: str) -> Iterator[dict[str, Any]]:
    with (sys.stdin if path == "-" else open(path, encoding="utf-8")) as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def main() -> int:
    parser = argparse.ArgumentParser(description="An independent computation of counters, alerts and worklists.")
    parser.add_argument("--events", default="-", help="JSON Lines, - for standard input")
    parser.add_argument("--clock", required=True, help="the instant to judge at: RFC 3339 or Unix milliseconds")
    parser.add_argument("--policy", help="a policy file as JSON, with its roster")
    parser.add_argument("--months", action="store_true", help="also totals by month")
    options = parser.parse_args()
    policy = policy_of(json.loads(Path(options.policy).read_text(encoding="utf-8")) if options.policy else {})
    clock_ms = parse_instant(int(options.clock) if options.clock.isdigit() else options.clock)
    for line in assess(read_rows(options.events), clock_ms, policy).lines(options.months):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
