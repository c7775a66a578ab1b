#!/usr/bin/env python3
"""allocations.py [each] - every call for memory of a program fails in turn, those of the libraries too.

A program that gets none may end, by SIGABRT or with an exit code and a sentence; or go on, and then everything it says is what it says undisturbed. What must not be
is a crash by another signal, or an answer that lacks something. Without `each` it is SAMPLE calls a command, spread evenly; with it every one.

The consumers take in a small city meanwhile, and whoever fell is started again: in the end the counters are the city's.
"""

from __future__ import annotations

import json
import re
import resource
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import state
from case import GUARD_S, ROOT, Case, Failure, check_same, clean_environment, program, run_case, wait_until
from chaos import City
from servers import DevBroker
from stack import Consumer, Stack

SAMPLE = 80
LIVES, LIVES_EACH = 6, 60      # of each consumer; each takes in what the others left
LIFE_ALLOCATIONS_MAX = 30_000   # a short life asks for more
ROW = 3                        # calls that fail one after the other, in every other run: what cleans up after a failure gets no memory either
SENT_LINES = 100
SEED, TICKETS = 11, 300

# Rows as the shipped mapping takes them: one that is done, one that is open, one that is late.
CASES = """CASE_ENQUIRY_ID,OPEN_DT,TARGET_DT,CLOSED_DT,OnTime_Status,CASE_STATUS,SUBJECT,REASON,TYPE,QUEUE,Department,Source,closure_flags
1,2022-01-17 11:20:00,2022-01-18 11:20:22,2022-01-18 10:08:24,ONTIME,Closed,Roads,Lights,Lamp,Q1,PWDx,Constituent Call,resolved
2,2022-04-21 06:16:59,2022-05-21 06:16:59,,ONTIME,Open,Homes,Rodents,Rats,Q2,ISD,Citizens Connect App,
3,2022-04-21 06:17:00,2022-04-22 06:16:59,2022-04-25 00:14:40,OVERDUE,Closed,Homes,Rodents,Mice,Q2,ISD,Citizens Connect App,noted
"""


class Result(NamedTuple):
    code: int
    out: str
    said: str
    allocations: int


class Command(NamedTuple):
    name: str
    arguments: list[str]
    text: str | None = None    # on stdin
    says: str = ""             # a pattern: what of its output is the same each time; all of it without one


def library() -> str:
    return program("libfail_allocation.so")


def run(case: Case, command: Command, environment: dict[str, str], number: int, count: int = 1) -> Result:
    counted = case.folder / f"count-{command.name}-{number}"
    shim = {"LD_PRELOAD": library(), "FAIL_ALLOCATION": str(number), "FAIL_ALLOCATIONS": str(count), "COUNT_ALLOCATIONS": str(counted)}
    done = subprocess.run(command.arguments, input=command.text, capture_output=True, text=True, errors="replace", timeout=GUARD_S, env={**environment, **shim})
    allocations = int(counted.read_text(encoding="ascii") or 0) if counted.exists() else 0
    counted.unlink(missing_ok=True)
    return Result(done.returncode, done.stdout, done.stderr, allocations)


def is_sound_end(code: int) -> bool:
    return code >= 0 or code == -signal.SIGABRT


def said_by(command: Command, result: Result) -> list[str]:
    return re.findall(command.says, result.out) if command.says else [result.out]


def verdict(command: Command, wanted: Result, got: Result) -> str:
    """Empty when it is as it must be."""
    if got.code == 0:
        return "" if said_by(command, got) == said_by(command, wanted) else f"exit 0, but it says\n{got.out[-600:]}\ninstead of\n{wanted.out[-600:]}"
    if not is_sound_end(got.code):
        return f"ended by signal {-got.code}: {got.said[-600:]}"
    return "" if got.said.strip() else f"ended with {got.code} and said nothing"


def numbers(count: int, sample: int | None) -> list[int]:
    return list(range(1, count + 1)) if sample is None or count <= sample else sorted({1 + i * count // sample for i in range(sample)})


def fail_in_turn(case: Case, command: Command, environment: dict[str, str], sample: int | None) -> None:
    wanted = run(case, command, environment, 0)
    if wanted.code or not wanted.allocations:
        raise Failure(f"{command.name}, undisturbed: exit {wanted.code}, {wanted.allocations} allocations: {wanted.said}")
    todo = numbers(wanted.allocations, sample)
    ended = 0
    with ThreadPoolExecutor(max_workers=2) as pool:
        for number, got in zip(todo, pool.map(lambda number: run(case, command, environment, number, ROW if number % 2 else 1), todo)):
            problem = verdict(command, wanted, got)
            if problem:
                raise Failure(f"{command.name}, allocation {number} of {wanted.allocations}: {problem}")
            ended += got.code != 0
    case.say(f"{command.name}: {len(todo)} of {wanted.allocations} allocations failed in turn: {ended} ended it, {len(todo) - ended} changed nothing")
    if not ended:
        raise Failure(f"{command.name}: none of them was noticed; is the library loaded?")


def commands(case: Case, stack: Stack, city: list[str]) -> list[Command]:
    hotline, replay = program("hotline"), program("hotline-replay")
    asked = [("units", ["units"]), ("ticket", ["ticket", json.loads(city[0])["ticket_id"]]), ("alerts", ["alerts"]), ("worklist", ["worklist"])]
    some = "".join(city[:SENT_LINES])
    rows = case.folder / "cases.csv"
    rows.write_text(CASES, encoding="utf-8")
    return [
        Command("policy", [program("hotline-tickets"), "--policy", str(ROOT / "deploy" / "policy" / "default.yaml"), "--check-config"]),
        Command("simulate", [program("hotline-simulate"), "--output", "-", "--seed", "3", "--tickets", "4"]),
        Command("lines", [replay, "--dry-run", "-"], some),
        Command("rows", [replay, "--mapping", "boston311", "--dry-run", str(rows)]),
        Command("send", [replay, "-b", stack.broker.brokers, "--format", "json", "--no-marks", "-"], some, r'"sent":\d+|"skipped":\d+'),
        *[Command(f"{name}-{form}", [hotline, *arguments, "--format", form]) for name, arguments in asked for form in ("json", "table")],
    ]


class Lives:
    """Consumers that run out of memory one time after the other while the city comes in."""

    def __init__(self, case: Case, stack: Stack, count: int) -> None:
        self.case, self.stack, self.count = case, stack, count
        self.fell = 0

    def _start(self, consumer: Consumer, number: int) -> None:
        shim = {"LD_PRELOAD": library(), "FAIL_ALLOCATION": str(number)} if number else {}
        consumer.process = self.case.start(consumer.label, [program(consumer.name), *consumer.arguments()], clean_environment(**shim))

    def _look(self) -> None:
        """Whoever fell is started again, and gets all it asks for."""
        for consumer in self.stack.consumers:
            assert consumer.process
            if consumer.process.is_running():
                continue
            code = consumer.process.child.returncode
            if not is_sound_end(code) or code == 0:
                raise Failure(f"{consumer.label} ended with {code}:\n{consumer.process.text()[-2000:]}")
            self.fell += 1
            self._start(consumer, 0)

    def _is_done(self) -> bool:
        self._look()
        return not state.unfinished(self.stack.redis.client, self.stack.kafka, False)

    def run(self, city: list[str]) -> None:
        for life in range(self.count):
            for consumer in self.stack.consumers:
                self._start(consumer, int(LIFE_ALLOCATIONS_MAX ** ((life + 1) / self.count)))  # most of what there is to see is early
            part = city[len(city) * life // self.count:len(city) * (life + 1) // self.count]
            self.stack.replay("-", text="".join(part))
            wait_until("all is counted", self._is_done)
            self.stack.stop()
        self.case.say(f"consumers: {2 * self.count} lives with one allocation that failed, {self.fell} ended by it")


def main(case: Case) -> None:
    is_each = sys.argv[1:] == ["each"]
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    city = City(case, SEED, TICKETS)
    stack = Stack(case, DevBroker(case), policy=city.policy)
    for name in ("hotline-tickets", "hotline-units"):
        stack.add(name)
    lives = Lives(case, stack, LIVES_EACH if is_each else LIVES)
    lives.run(city.lines)
    counted = {key: value for key, value in state.partials(stack.redis.client).items() if state.is_base(key[0])}
    check_same("counters by the simulator's own truth", state.told(city.truth), state.told(counted))
    if not lives.fell:
        raise Failure("no consumer fell")
    for command in commands(case, stack, city.lines):
        fail_in_turn(case, command, stack.environment(), None if is_each else SAMPLE)


if __name__ == "__main__":
    run_case(main)
