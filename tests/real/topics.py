#!/usr/bin/env python3
"""topics.py - topics may have any names: what is a ticket's and what is a unit's is told by the option that names its topic.

The counters of a small city sent to other topics are the truth's, and the operator's command finds its alerts.
"""

from __future__ import annotations

import state
from case import Case, check, check_same, program, run_case, wait_until
from servers import DevBroker
from stack import Stack

TOPICS = ["-t", "city.events", "--unit-topic", "city.units"]


def read_truth(path: str) -> dict[state.Key, int]:
    with open(path, encoding="utf-8") as file:
        rows = [line.rsplit(" ", 3) for line in file.read().splitlines()]
    return state.by_month({(dimension, day, name): int(value) for dimension, day, name, value in rows})


def main(case: Case) -> None:
    broker = DevBroker(case)
    stack = Stack(case, broker)
    for name in ("hotline-tickets", "hotline-units"):
        stack.add(name, *TOPICS)
    stack.start()
    truth_file = str(case.folder / "truth")
    case.run(program("hotline-simulate"), "-b", broker.brokers, "-q", "--tickets", "500", "--from", "2025-03-01", "--days", "20", "--truth", truth_file, *TOPICS)
    wanted = {key: value for key, value in state.told(read_truth(truth_file)).items() if key[0] == "city"}

    def counted() -> dict[state.Key, int]:
        return {key: value for key, value in state.months(stack.redis.client).items() if key in wanted}

    wait_until("the city's counters are there", lambda: counted() == wanted)
    check_same("counters", wanted, counted())
    check("dead letters", [], broker.client.records("hotline.dead-letters"))
    sent = {id_ for id_ in state.alerts(broker.client) if id_.startswith("overdue/")}
    listed = {alert["id"] for alert in stack.hotline("alerts", "--rule", "overdue", *TOPICS)}
    check("alerts of overdue legs", sorted(sent), sorted(listed))
    # From the tickets alone.
    listed = {alert["id"] for alert in stack.hotline("alerts", "--rule", "overdue", "--alert-topic", "city.nothing", *TOPICS)}
    check("alerts of overdue legs without their topic", sorted(sent), sorted(listed))
    check("there are some", True, bool(sent))
    stack.stop()


if __name__ == "__main__":
    run_case(main)
