"""cities.py - small random cities whose event streams are nasty on purpose.

One seed gives one city, always the same: a policy with its roster, and steps: events as JSON Lines rows in order of arrival, clocks, and instants
at which everything is compared. What real feeds do and tests forget is frequent here: equal instants with and without seq, events out of order
and twice, voids before and after what they take out, tickets without `received`, units that the roster does not know or knows in another district
from some day on, returns of resolved legs, ratings before any resolution. Events and clocks lie at, just before and just after the instants that
the rules look at: due times, warnings, levels, ends of months and working hours.
"""

from __future__ import annotations

import json
import random
from typing import Any, NamedTuple

from counting import Counting
from days import DAY_MS, HOUR_MS, MINUTE_MS, format_instant, parse_instant, parse_zone
from events import gather
from oracle import assess, judge_ticket
from policies import random_document
from policy import policy_of
from result import Result
from story import Story

Row = dict[str, Any]
UNITS = ("住建局", "xinghai", "u 3", "u4", "u5", "stranger")   # the last is in no roster
TYPES = ("received", "dispatched", "returned", "resolved", "rated", "revisited")
# How often which type comes next, by the type before; rows are TYPES and "nothing yet", columns TYPES.
NEXT = {
    "": (8, 3, 1, 1, 1, 1), "received": (1, 9, 1, 2, 1, 1), "dispatched": (1, 4, 5, 6, 1, 1), "returned": (1, 8, 2, 2, 1, 1),
    "resolved": (1, 2, 2, 2, 6, 5), "rated": (1, 2, 1, 2, 3, 5), "revisited": (1, 3, 2, 5, 2, 3),
}
FAR_MS = parse_instant("2026-06-01T00:00:00Z")
STARTS = ("2024-01-25", "2024-01-25", "2024-02-02", "2024-02-26", "2023-12-20", "2024-04-24", "2023-02-24", "2024-09-10")


class Step(NamedTuple):
    """An event that arrives, or a clock (then `row` is None), and whether everything is told after it."""
    row: Row | None
    clock_ms: int = 0
    tells: bool = False


class City(NamedTuple):
    seed: int
    document: Row            # see policy.policy_of
    steps: list[Step]


class Maker:
    """Draws everything from one random generator."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.at_ms = 0
        self.document = random_document(self.random)
        self.policy = policy_of(self.document)
        self.zone_ms = self.policy.zone_ms

    def chance(self, one_in: int) -> bool:
        return self.random.randrange(one_in) == 0

    def step(self, instants: list[int]) -> None:
        """Moves on to the next instant, which is often the same or a boundary."""
        pick = self.random.randrange(16)
        later = [at_ms for at_ms in instants if self.at_ms - 1 <= at_ms <= self.at_ms + 60 * DAY_MS]
        if pick < 2:
            return
        if pick < 9 and later:
            self.at_ms = self.random.choice(later[:3] + later[-1:] + later) + self.random.choice((-1, 0, 0, 1))
        elif pick < 11:
            self.at_ms += self.random.randrange(1, 600) * MINUTE_MS
        elif pick < 12:
            self.at_ms += self.random.choice((-MINUTE_MS, 1, 999, 24 * HOUR_MS, 24 * HOUR_MS + 1))
        elif pick < 14:
            self.at_ms = self.day_end(self.at_ms, self.random.choice((0, 1, 3, 7))) + self.random.choice((0, 1))
        else:
            self.at_ms += self.random.randrange(0, 6) * DAY_MS + self.random.randrange(0, 24) * HOUR_MS

    def day_end(self, at_ms: int, days: int) -> int:
        return self.policy.start_of(self.policy.day_of(at_ms) + 1 + days) - 1

    def instant(self, at_ms: int) -> str | int:
        """One of the ways to write it: all are the same instant."""
        pick = self.random.randrange(8)
        if pick == 0:
            return at_ms
        return format_instant(at_ms, (0, 9 * HOUR_MS)[pick - 1] if pick < 3 else self.zone_ms)

    def maybe(self, row: Row, name: str, values: tuple[Any, ...], one_in: int = 2) -> None:
        if self.chance(one_in):
            row[name] = self.random.choice(values)

    # -- one event of each type

    def received(self) -> Row:
        row: Row = {}
        self.maybe(row, "kind", ("complaint", "complaint", "request", "enquiry", "suggestion", "praise", "other"))
        if not self.chance(4):
            row["level"] = self.random.choice(("province", "city", "district"))
        self.maybe(row, "channel", ("phone", "network"))
        self.maybe(row, "district", ("兴隆台区", "双台子区", "大洼区"))
        self.maybe(row, "category", ("物业管理/物业服务管理", "物业管理/停车", "供热", "供热/温度/室温", "物业管理"))
        self.maybe(row, "answered_directly", (True, True, False), 4)
        self.maybe(row, "valid", (True, False, False), 12)
        self.maybe(row, "place", ("水木清华", "水木清华", "a/b"))
        self.maybe(row, "caller", ("c-1", "c-2", "c-3", "水"))
        self.maybe(row, "amount", (1, 4999, 5000), 6)
        return row

    def dispatched(self) -> Row:
        row: Row = {"unit": self.random.choice(UNITS)}
        self.maybe(row, "role", ("assist", "assist", "lead"), 4)
        if self.chance(4):
            shift = self.random.choice((-DAY_MS, 0, 1, HOUR_MS, 24 * HOUR_MS, 2 * DAY_MS, 9 * DAY_MS, 9 * DAY_MS + 1))
            row["due_at"] = self.instant(self.random.choice((self.at_ms + shift, self.day_end(self.at_ms, 3))))
        if self.chance(5):
            row["accepted_at"] = self.instant(self.at_ms + self.random.choice((0, HOUR_MS, 30 * HOUR_MS)))
        self.maybe(row, "confirmed", (True, True, False), 3)
        return row

    def returned(self) -> Row:
        row: Row = {"unit": self.random.choice(UNITS)}
        self.maybe(row, "reason", ("请分派至街道", "请分派至街道 ", "依据《条例》", "依据《条例", "依据》条例《"))
        self.maybe(row, "slip", (True, True, False))
        self.maybe(row, "statute", ("第三条",), 4)
        self.maybe(row, "signed_by", ("局长",), 4)
        return row

    def resolved(self) -> Row:
        row: Row = {}
        self.maybe(row, "unit", UNITS)
        self.maybe(row, "outcome", ("done", "explained", "rejected"), 4)
        self.maybe(row, "claims_satisfied", (True, True, False))
        return row

    def rated(self) -> Row:
        row: Row = {}
        self.maybe(row, "satisfied", (True, False))
        self.maybe(row, "stars", (0, 1, 2, 3, 4, 5, 5))
        self.maybe(row, "praised", (True, False), 4)
        return row or {"satisfied": True}  # a rating says something

    def revisited(self) -> Row:
        row: Row = {}
        self.maybe(row, "effective", (True, False))
        self.maybe(row, "satisfied", (True, False))
        self.maybe(row, "reopen", (True, True, False))
        return row

    # -- tickets and units

    def instants_of(self, rows: list[Row]) -> list[int]:
        """What the rules look at in a ticket of these events."""
        result = Result()
        for ticket_id, events in gather(rows)[0].items():
            judge_ticket(Story(ticket_id, events, self.policy), self.policy, FAR_MS, Counting(self.policy, FAR_MS, result), result)
        return sorted(result.instants)

    def ticket(self, ticket_id: str) -> list[Row]:
        start = self.random.choice(STARTS) + "T00:00:00+08:00"
        self.at_ms = parse_instant(start) + self.random.randrange(0, 40 * 24) * HOUR_MS
        rows: list[Row] = []
        type_ = ""
        units: list[str] = []
        for _ in range(self.random.choice((1, 2, 4, 6, 8, 12, 16))):
            type_ = self.random.choices(TYPES, NEXT[type_])[0]
            self.step(self.instants_of(rows) if rows else [])
            row = {"ticket_id": ticket_id, "at": self.instant(self.at_ms), "type": type_, **getattr(self, type_)()}
            self.maybe(row, "seq", (0, 1, 2, 3), 3)
            # Most returns and resolutions are by units that had the ticket.
            if type_ in ("returned", "resolved") and row.get("unit") and units and not self.chance(5):
                row["unit"] = self.random.choice(units[-2:])
            if type_ == "dispatched":
                units.append(row["unit"])
            rows.append(row)
        return rows

    def flood(self) -> list[Row]:
        """Many plain tickets over five weeks, more in some of them, so that rates and tendencies have something to tell."""
        first_ms = parse_instant(self.random.choice(STARTS) + "T01:00:00+08:00")
        per_week = [self.random.choice((0, 1, 2, 4, 9, 14)) for _ in range(5)]
        rows: list[Row] = []
        for number, week in enumerate(week for week, count in enumerate(per_week) for _ in range(count)):
            at_ms = first_ms + self.random.randrange(7 * week, 7 * week + 7) * DAY_MS + self.random.randrange(0, 9) * HOUR_MS
            told = [{"type": "received", "level": "city", "category": self.random.choice(("供热/温度", "供热"))},
                    {"type": "dispatched", "unit": self.random.choice(UNITS[:2])}]
            if not self.chance(4):
                told += [{"type": "resolved"}, {"type": "rated", "satisfied": not self.chance(5)}]
            rows += [{"ticket_id": f"f{number}", "at": self.instant(at_ms + place * HOUR_MS), **row} for place, row in enumerate(told)]
        return rows

    def unit_event(self, near_ms: int) -> Row:
        type_ = self.random.choice(("logged_in", "logged_in", "logged_in", "calls", "knowledge_updated", "points", "marked"))
        day = self.policy.day_of(near_ms) + self.random.randrange(-3, 12)
        at_ms = self.policy.start_of(day) + self.random.choice((0, 0, 12 * HOUR_MS)) - self.random.choice((0, 1))
        if type_ == "logged_in":
            limit_ms = self.policy.start_of(day) + self.policy.version_at(day).duty_by_ms
            at_ms = self.random.choice((at_ms, limit_ms, limit_ms + 1, limit_ms - 1, limit_ms - HOUR_MS))
        row: Row = {"unit": self.random.choice(UNITS), "at": self.instant(at_ms), "type": type_}
        self.maybe(row, "seq", (0, 1), 3)
        if type_ == "calls":
            row["offered"] = self.random.randrange(0, 50)
            row["answered"] = self.random.randrange(0, row["offered"] + 1)
        elif type_ == "knowledge_updated":
            self.maybe(row, "count", (1, 2, 3))
        elif type_ == "points":
            row["points"] = self.random.choice(("0.02", "-0.1", "2", "0.0001", "-2.5", "0"))
            self.maybe(row, "ticket_id", ("t0", "t1"))
        return row

    def arrive(self, rows: list[Row]) -> list[Row]:
        """The order of arrival: some events twice, some voided, some only ever as a void; in order or in none."""
        arrived = list(rows)
        for row in rows:
            if self.chance(8):
                arrived.append(dict(row))
            if self.chance(14):
                arrived.append({**row, "void": True})
        if self.chance(2):
            arrived.sort(key=lambda row: parse_instant(row["at"]))
        else:
            self.random.shuffle(arrived)
        if self.chance(6) and len(arrived) > 1:
            arrived.pop(next((i for i, row in enumerate(arrived) if not row.get("void")), 0))
        return arrived

    # -- clocks

    def clocks(self, rows: list[Row]) -> list[Step]:
        """The rows with clocks between and after them, most of them at instants that rules look at."""
        newest_ms = max(parse_instant(row["at"]) for row in rows)
        instants = sorted(assess(rows, newest_ms + 100 * DAY_MS, self.policy).instants)
        steps: list[Step] = []
        clock_ms = 0
        for place, row in enumerate(rows):
            clock_ms = max(clock_ms, parse_instant(row["at"]))
            steps.append(Step(row, tells=self.chance(6)))
            later = [parse_instant(other["at"]) for other in rows[place + 1:]]
            if later and clock_ms < max(later) and self.chance(4):
                steps += self.some_clocks([at_ms for at_ms in instants if clock_ms <= at_ms <= max(later)], 1)
        steps += self.some_clocks([at_ms for at_ms in instants if at_ms >= clock_ms], self.random.choice((0, 1, 3)))
        if self.chance(3):
            steps.append(Step(None, clock_ms + self.random.choice((20, 100, 400)) * DAY_MS))
        return [*steps[:-1], steps[-1]._replace(tells=True)]

    def some_clocks(self, instants: list[int], count: int) -> list[Step]:
        near = instants[:8]
        chosen = sorted(self.random.choice(near if near and not self.chance(3) else instants) + self.random.choice((-1, 0, 0, 1)) for _ in range(count if instants else 0))
        return [Step(None, at_ms, tells=not self.chance(3)) for at_ms in chosen]

    def city(self, seed: int) -> City:
        rows: list[Row] = []
        for number in range(self.random.choice((1, 1, 2, 3, 5))):
            rows += self.ticket(f"t{number}")
        if self.chance(10):
            rows += self.flood()
        near_ms = parse_instant(self.random.choice(rows)["at"])
        rows += [self.unit_event(near_ms) for _ in range(self.random.choice((0, 0, 3, 8, 20)))]
        return City(seed, self.document, self.clocks(self.arrive(rows)))


def make(seed: int) -> City:
    return Maker(seed).city(seed)


def script(city: City) -> str:
    """What assess_cli reads."""
    lines = ["policy " + json.dumps(city.document, ensure_ascii=False)]
    for step in city.steps:
        lines.append(f"clock {format_instant(step.clock_ms, parse_zone('Z'))}" if step.row is None else json.dumps(step.row, ensure_ascii=False))
        if step.tells:
            lines.append("tell")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import sys
    print(script(make(int(sys.argv[1]))), end="")
