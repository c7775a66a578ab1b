#!/usr/bin/env python3
"""truth.py SET [BROKER] - recorded lifecycles give their ground truth exactly, the first time and again after faults.

SET is boston or uci, BROKER devbroker or kafka. The counters are read from the public hashes and from `hotline units`, the alerts from their topic; the oracle
says which alerts there must be.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "oracle"))

import oracle
import state
from days import parse_instant
from result import Result
from case import DATA, Case, Skip, check, check_same, program, run_case
from servers import DevBroker, Kafka
from stack import Stack

SETS = {
    "boston": ("boston311", "boston311/boston311_slim.csv"),
    "uci": ("servicenow", "uci_incident/incident_first2000cases.csv.gz"),
}
FOLDERS = {"boston": "boston311", "uci": "uci_incident"}
DAY_RANGE = ("--from", "2005-01-01", "--to", "2030-12-31")

Rows = dict[str, dict[str, int]]


def truth_of(name: str) -> dict[str, Any]:
    return json.loads((DATA / FOLDERS[name] / "ground_truth.json").read_text(encoding="utf-8"))


def wanted_boston(truth: dict[str, Any]) -> Rows:
    rows = {f"unit/{unit}": {"resolved_on_time": row.get("recomputed_ONTIME", 0), "overdue": row.get("recomputed_OVERDUE", 0), "dispatched": row["cases"]}
            for unit, row in truth["units"].items()}
    city = {"resolved_on_time": truth["recomputed_on_time"], "overdue": truth["recomputed_overdue"], "dispatched": truth["cases"]}
    return {**rows, "city": city}


def wanted_uci(truth: dict[str, Any]) -> Rows:
    rows = {f"unit/{unit}": {"returned": count} for unit, count in truth["returned_from_unit"].items()}
    # 1987 tickets have a known group. Source: shared/data/README.md
    city = {"received": truth["cases"], "dispatched": 1987, "returned": truth["events_by_reference_mapping"]["returned"], "reopened": truth["reopen_count_total"]}
    return {**rows, "city": city}


def only_wanted(rows: Rows, wanted: Rows) -> Rows:
    """The counters that the truth speaks of; units that have nothing of them are left out."""
    names = {dimension: wanted.get(dimension) or next(iter(wanted.values())) for dimension in rows}
    kept = {dimension: {name: row.get(name, 0) for name in names[dimension]} for dimension, row in rows.items()}
    return {dimension: row for dimension, row in kept.items() if dimension in wanted or any(row.values())}


def counted_in_redis(stack: Stack) -> Rows:
    by_month = state.months(stack.redis.client)
    return {**state.sums_by_dimension(by_month, "unit/", tuple(state.COUNTERS)), **state.sums_by_dimension(by_month, "city", tuple(state.COUNTERS))}


def counted_by_console(stack: Stack) -> Rows:
    rows = stack.hotline("units", *DAY_RANGE) + stack.hotline("units", "--dimension", "city", *DAY_RANGE)
    return {row["dimension"]: {name: row[name] for name in state.COUNTERS if name in row} for row in rows}


def judge_by_oracle(lines: str) -> Result:
    """At the instant that the replay's clock marks name: the newest event's."""
    rows = [json.loads(line) for line in lines.splitlines()]
    return oracle.assess(rows, max(parse_instant(row["at"]) for row in rows))


class Truth:
    def __init__(self, case: Case, name: str, broker: DevBroker | Kafka) -> None:
        mapping, file = SETS[name]
        self.case = case
        self.source = ["--mapping", mapping, str(DATA / file)]
        self.wanted = {"boston": wanted_boston, "uci": wanted_uci}[name](truth_of(name))
        lines = case.run(program("hotline-replay"), "--dry-run", *self.source)
        judged = judge_by_oracle(lines)
        self.alerts = judged.states()
        self.months = {key: value for key, value in judged.months().items() if value}
        self.stack = Stack(case, broker)
        self.stack.add("hotline-tickets")
        self.stack.add("hotline-units")

    def check(self, when: str) -> None:
        self.stack.settle()
        check_same(f"{when}: counters in Redis", self.wanted, only_wanted(counted_in_redis(self.stack), self.wanted))
        check_same(f"{when}: months by the oracle", self.months, state.months(self.stack.redis.client))
        check_same(f"{when}: counters by hotline units", self.wanted, only_wanted(counted_by_console(self.stack), self.wanted))
        check_same(f"{when}: alerts in the topic", self.alerts, state.alerts(self.stack.kafka))
        self.case.say(f"{when}: {len(self.wanted)} rows of the truth, {len(self.months)} counters by the oracle and {len(self.alerts)} alerts are as they must be")

    def faults(self, seed: int) -> None:
        """The same events once more, in another order, while consumers and Redis are killed."""
        stack, random_ = self.stack, random.Random(seed)
        for part in range(4):
            stack.replay("--shuffle", str(seed + part), "--no-marks", *self.source)
            stack.kill(takes_redis=part % 2 == 1)
            random_.shuffle(stack.consumers)
            stack.start(has_to_be_ready=part == 3)
        stack.replay("--shuffle", str(seed + 4), *self.source)


def main(case: Case) -> None:
    name, broker_name = sys.argv[1], (sys.argv[2:] or ["devbroker"])[0]
    if not (DATA / FOLDERS[name]).is_dir():
        raise Skip("no ../shared/data")
    truth = Truth(case, name, Kafka(case) if broker_name == "kafka" else DevBroker(case))
    truth.stack.start()
    summary = truth.stack.replay(*truth.source)
    check("lines that the replay skipped", 0, summary["skipped"])
    truth.check("at first")
    truth.faults(seed=20240305)
    truth.check("sent again, shuffled, with kills")
    truth.stack.stop()
    truth.check("after an orderly stop")


if __name__ == "__main__":
    run_case(main)
