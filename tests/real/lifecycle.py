#!/usr/bin/env python3
"""lifecycle.py PART - how a stack starts, waits, stops and goes on.

stop    SIGTERM under load, and the next start
away    Redis goes and comes back, then Kafka (a real one)
wall    wall clock: an idle stack's cost, a deadline that passes by itself, a floor that is crossed and met again, the operator's command
"""

from __future__ import annotations

import datetime
import json
import sys
import time
from typing import Any

import state
import wire
from case import Case, Failure, check, check_in, program, run_case, wait_until
from servers import DevBroker, Kafka
from stack import Consumer, Stack

STOP_S_MAX = 5.0        # promised: SIGTERM ends a program within it, under load too
BACK_S_MAX = 2.0        # promised: work goes on so soon after Redis is back
IDLE_SHARE_MAX = 0.01   # promised: of a core
IDLE_S = 10.0
IDLE_LOOKS_MAX = 4
DUE_IN_S = 3.0
UNIT, OTHER = "xlt-zhujian", "dwa-gongan"


def pair(case: Case, broker: DevBroker | Kafka, clock: str) -> tuple[Stack, Consumer, Consumer]:
    stack = Stack(case, broker, clock)
    tickets, units = stack.add("hotline-tickets"), stack.add("hotline-units")
    stack.start()
    return stack, tickets, units


def instant(at_s: float) -> str:
    return datetime.datetime.fromtimestamp(at_s, datetime.timezone(datetime.timedelta(hours=8))).isoformat(timespec="milliseconds")


def lines(*events: dict[str, Any]) -> str:
    return "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events)


# ---------------------------------------------------------------- stop

def part_stop(case: Case) -> None:
    stack, tickets, units = pair(case, DevBroker(case), "event")
    load = case.start("simulate", [program("hotline-simulate"), "-b", stack.broker.brokers, "--from", "2024-03-01", "--days", "30", "--tickets", "15000"])
    wait_until("some work is done", lambda: tickets.metric("hotline_events_total") > 5000)
    for consumer in (tickets, units):
        assert consumer.process
        start = time.monotonic()
        code = consumer.process.stop()
        took = time.monotonic() - start
        case.say(f"{consumer.label} stopped {took:.2f} s after SIGTERM")
        check(f"exit code of {consumer.label}", 0, code)
        if took > STOP_S_MAX:
            raise Failure(f"{consumer.label} took {took:.2f} s to stop, promised are {STOP_S_MAX}")
    stopped_at = {shard: int(head["offset"]) for shard, head in state.heads(stack.redis.client).items()}
    check("exit code of hotline-simulate", 0, load.end())
    stack.start()
    stack.settle(has_all_counters=False)
    ends = {f"{shard}.{partition}": end for shard, topic in state.INPUTS.items() for partition, end in stack.kafka.ends(topic).items()}
    wanted = sum(end - max(stopped_at[shard], 0) for shard, end in ends.items())
    wait_until("the metrics tell of the last step", lambda: tickets.metric("hotline_events_total") >= wanted)
    check("records taken in after the start, those behind the offsets in the heads", wanted, int(tickets.metric("hotline_events_total")))
    check("duplicates after the start", 0, int(tickets.metric("hotline_duplicates_total")))
    stack.stop()


# ---------------------------------------------------------------- away

def received(number: int) -> dict[str, Any]:
    return {"ticket_id": f"t-{number}", "at": f"2024-03-05T10:{number % 60:02}:00+08:00", "type": "received", "level": "city"}


def city_received(stack: Stack) -> int:
    return int(stack.redis.client("HGET", "hotline:{city}:2024-03", "received") or 0)


def tell_unready(consumer: Consumer, word: str) -> str:
    """Waits until /readyz says 503 with a reason that names the word."""
    def answer() -> str:
        status, text = consumer.get("/readyz")
        return text.strip() if status == 503 and word in text else ""
    return wait_until(f"/readyz of {consumer.label} says that {word} is away", answer)


def redis_away(case: Case, stack: Stack, consumers: tuple[Consumer, ...]) -> None:
    stack.replay("--no-marks", "-", text=lines(*map(received, range(100))))
    wait_until("100 received", lambda: city_received(stack) == 100)
    stack.redis.kill()
    for consumer in consumers:
        case.say(f"{consumer.label} without Redis: {tell_unready(consumer, 'Redis')}")
        assert consumer.process
        check_in(f"log of {consumer.label}", "Redis", "\n".join(line for line in consumer.process.text().splitlines() if "level=warn" in line))
    stack.replay("--no-marks", "-", text=lines(*map(received, range(100, 200))))
    stack.redis.start()
    start = time.monotonic()
    wait_until("200 received", lambda: city_received(stack) == 200)
    took = time.monotonic() - start
    case.say(f"Redis is back: the running counters are right {took:.2f} s later")
    if took > BACK_S_MAX:
        raise Failure(f"work went on {took:.2f} s after Redis was back, promised are {BACK_S_MAX}")
    stack.wait_ready()


def kafka_away(case: Case, stack: Stack, kafka: Kafka, consumers: tuple[Consumer, ...]) -> None:
    kafka.kill()
    for consumer in consumers:
        case.say(f"{consumer.label} without Kafka: {tell_unready(consumer, 'Kafka')}")
    kafka.start()
    stack.wait_ready()  # without any event
    stack.replay("--no-marks", "-", text=lines(*map(received, range(200, 300))))
    start = time.monotonic()
    wait_until("300 received", lambda: city_received(stack) == 300)
    case.say(f"Kafka is back: the running counters are right {time.monotonic() - start:.2f} s after the events were acknowledged")
    stack.wait_ready()
    stack.settle()


def part_away(case: Case) -> None:
    kafka = Kafka(case)
    stack, tickets, units = pair(case, kafka, "event")
    redis_away(case, stack, (tickets, units))
    kafka_away(case, stack, kafka, (tickets, units))
    check("duplicates", 0, int(tickets.metric("hotline_duplicates_total")))
    stack.stop()


# ---------------------------------------------------------------- wall

def shares_of_a_core(stack: Stack) -> dict[str, float]:
    """What each consumer takes over IDLE_S."""
    running = [(consumer.label, consumer.process) for consumer in stack.consumers if consumer.process]
    before = [process.cpu_s() for _, process in running]
    start = time.monotonic()
    time.sleep(IDLE_S)
    elapsed = time.monotonic() - start
    return {label: (process.cpu_s() - cpu_s) / elapsed for (label, process), cpu_s in zip(running, before)}


def idle_cost(case: Case, stack: Stack) -> None:
    """Measured, after things have come to rest. Whatever else the machine does only adds to it, so the least of some looks counts."""
    least: dict[str, float] = {}
    for _ in range(IDLE_LOOKS_MAX):
        for label, share in shares_of_a_core(stack).items():
            least[label] = min(share, least.get(label, share))
        if max(least.values()) < IDLE_SHARE_MAX:
            break
    text = ", ".join(f"{label} {100 * share:.2f} %" for label, share in least.items())
    case.say(f"idle, of a core over {IDLE_S:g} s: {text}")
    if max(least.values()) >= IDLE_SHARE_MAX:
        raise Failure(f"idle: {text} of a core, promised are less than {100 * IDLE_SHARE_MAX:g} %")


def alert_of(stack: Stack, rule: str, unit: str, wanted_state: str) -> tuple[dict[str, Any], int] | None:
    """Such an alert about the unit, if its newest record has the state, and when that was sent."""
    for record in sorted(stack.kafka.records("hotline.alerts"), key=lambda record: -record.at_ms):
        alert = wire.read_alert(record.value)
        if alert["rule"] == rule and alert["dimension"] == f"unit/{unit}":
            return (alert, record.at_ms) if alert["state"] == wanted_state else None
    return None


def overdue_by_itself(case: Case, stack: Stack) -> None:
    """No event comes after the dispatch: the clock alone makes it overdue, and not before its instant."""
    now_s = time.time()
    due_s = int(now_s + DUE_IN_S)
    stack.replay("--no-marks", "-", text=lines(
        {"ticket_id": "late", "at": instant(now_s - 60), "type": "received", "kind": "complaint", "level": "city"},
        {"ticket_id": "late", "at": instant(now_s - 50), "type": "dispatched", "unit": UNIT, "due_at": instant(due_s)}))
    alert, sent_at_ms = wait_until("an alert about the deadline", lambda: alert_of(stack, "overdue", UNIT, "firing"))
    case.say(f"due {instant(due_s)}, alert dated {instant(alert['at_ms'] / 1000)}, sent {instant(sent_at_ms / 1000)}, {sent_at_ms - due_s * 1000} ms after it was due")
    check("ticket, unit and dimension", ("late", UNIT, f"unit/{UNIT}"), (alert["ticket_id"], alert["unit"], alert["dimension"]))
    if not due_s * 1000 <= alert["at_ms"] <= due_s * 1000 + 1:
        raise Failure(f"the alert is dated {alert['at_ms']}, due was {due_s * 1000}")
    if sent_at_ms <= due_s * 1000:
        raise Failure(f"the alert was sent at {sent_at_ms}, before it was due at {due_s * 1000}")


def floor_crossed_and_met(case: Case, stack: Stack) -> None:
    """19 of 20 are 95 %, the floor; 18 of 20 are below it; a citizen who changes their mind brings it back."""
    now_s = time.time()

    def life(number: int, satisfied: bool) -> list[dict[str, Any]]:
        ticket = {"ticket_id": f"r-{number}"}
        return [{**ticket, "at": instant(now_s - 50), "type": "received", "kind": "complaint", "level": "city", "channel": "phone"},
                {**ticket, "at": instant(now_s - 40), "type": "dispatched", "unit": OTHER},
                {**ticket, "at": instant(now_s - 30), "type": "resolved", "unit": OTHER},
                {**ticket, "at": instant(now_s - 20), "type": "rated", "satisfied": satisfied}]
    stack.replay("--no-marks", "-", text=lines(*(event for number in range(20) for event in life(number, number >= 2))))
    fired, _ = wait_until("the floor fires", lambda: alert_of(stack, "floors", OTHER, "firing"))
    case.say(f"{fired['id']} is firing")
    stack.replay("--no-marks", "-", text=lines({"ticket_id": "r-0", "at": instant(now_s - 10), "type": "rated", "satisfied": True}))
    met, _ = wait_until("the floor is met again", lambda: alert_of(stack, "floors", OTHER, "resolved"))
    check("id of the alert", fired["id"], met["id"])


def operators_command(stack: Stack) -> None:
    kinds = [row["kind"] for row in stack.hotline("status")]
    check("rows of hotline status by kind", {"kafka": 1, "redis": 1, "topic": 7, "shard": 9, "group": 1}, {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)})
    check("lag by hotline status", 0, sum(row["lag"] for row in stack.hotline("status") if row["kind"] == "shard"))
    wait_until("hotline-units has committed all", lambda: [("hotline-units", 0)] == [(row["group"], row["lag"]) for row in stack.hotline("status") if row["kind"] == "group"])
    rows = {row["dimension"]: row for row in stack.hotline("units", UNIT, OTHER)}
    check("dispatched, overdue of the late unit", (1, 1), (rows[f"unit/{UNIT}"]["dispatched"], rows[f"unit/{UNIT}"]["overdue"]))
    check("satisfied of the other unit", 19, rows[f"unit/{OTHER}"]["satisfied"])
    ticket = stack.hotline("ticket", "late")[0]
    check("events and legs of the ticket", (2, 1, True), (len(ticket["events"]), len(ticket["legs"]), ticket["legs"][0]["overdue"]))
    alerts = stack.hotline("alerts", "--rule", "overdue")
    check("overdue by hotline alerts", [("late", UNIT, "firing")], [(row["ticket_id"], row["unit"], row["state"]) for row in alerts])
    check("is it among the unit's", True, alerts[0]["id"] in [row["id"] for row in stack.hotline("alerts", "--unit", UNIT)])


def part_wall(case: Case) -> None:
    stack, _, _ = pair(case, DevBroker(case), "wall")
    idle_cost(case, stack)
    overdue_by_itself(case, stack)
    floor_crossed_and_met(case, stack)
    stack.settle()
    operators_command(stack)
    stack.stop()


if __name__ == "__main__":
    run_case({"stop": part_stop, "away": part_away, "wall": part_wall}[sys.argv[1]])
