"""cities.py - small random cities whose event streams are nasty on purpose.

One seed gives one city, always the same: a roster, events as JSON Lines rows in order of arrival, and a clock that is past them all.
What real feeds do and tests forget is frequent here: equal instants with and without seq, events out of order and twice, voids before
and after what they take out, tickets without `received`, instants on the last millisecond of a day or of the 24 hours to return, units
that the roster does not know or knows in another district from some day on, returns of resolved legs, ratings before any resolution.
"""

from __future__ import annotations

import json
import random
from typing import Any, NamedTuple

from oracle import DAY_MS, HOUR_MS, format_instant, parse_day, parse_instant

Row = dict[str, Any]
ZONE_MS = 8 * HOUR_MS
MINUTE_MS = 60_000
UNITS = ("住建局", "xinghai", "u 3", "u4", "u5", "stranger")   # the last is in no roster
TYPES = ("received", "dispatched", "returned", "resolved", "rated", "revisited")
# How often which type comes next, by the type before; rows are TYPES and "nothing yet", columns TYPES.
NEXT = {
    "": (8, 3, 1, 1, 1, 1), "received": (1, 9, 1, 2, 1, 1), "dispatched": (1, 4, 5, 6, 1, 1), "returned": (1, 8, 2, 2, 1, 1),
    "resolved": (1, 2, 2, 2, 6, 5), "rated": (1, 2, 1, 2, 3, 5), "revisited": (1, 3, 2, 5, 2, 3),
}


class City(NamedTuple):
    seed: int
    roster: list[Row]
    rows: list[Row]          # in order of arrival
    clock: str
    settings: dict[str, str]  # see oracle.SETTINGS


def roster() -> list[Row]:
    return [
        {"id": "住建局", "district": "兴隆台区", "group": "市直", "duty": True},
        {"id": "xinghai", "district": "兴隆台区", "group": "基层"},
        {"id": "u 3", "district": "双台子区", "group": "基层", "to": "2024-02-20"},
        {"id": "u 3", "district": "兴隆台区", "group": "经济区", "from": "2024-02-21"},
        {"id": "u4", "district": "双台子区", "from": "2024-02-08"},   # unknown before
        {"id": "u5", "group": "市直", "to": "2024-03-05"},            # no district, and unknown after
    ]


class Maker:
    """Makes the rows of one city."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.at_ms = 0

    def chance(self, one_in: int) -> bool:
        return self.random.randrange(one_in) == 0

    def step(self) -> None:
        """Moves on to the next instant, which is often the same or a boundary."""
        pick = self.random.randrange(10)
        if pick < 2:
            return
        if pick < 4:
            self.at_ms += self.random.randrange(1, 600) * MINUTE_MS
        elif pick < 5:
            self.at_ms += self.random.choice((-MINUTE_MS, 1, 999, 24 * HOUR_MS, 24 * HOUR_MS + 1))
        elif pick < 7:
            self.at_ms = self.day_end(self.at_ms, self.random.choice((0, 1, 3, 7))) + self.random.choice((0, 1))
        else:
            self.at_ms += self.random.randrange(0, 6) * DAY_MS + self.random.randrange(0, 24) * HOUR_MS

    @staticmethod
    def day_end(at_ms: int, days: int) -> int:
        return (((at_ms + ZONE_MS) // DAY_MS) + 1 + days) * DAY_MS - 1 - ZONE_MS

    def instant(self, at_ms: int) -> str | int:
        """One of the ways to write it: all are the same instant."""
        pick = self.random.randrange(8)
        if pick == 0:
            return at_ms
        return format_instant(at_ms, (0, 9 * HOUR_MS)[pick - 1] if pick < 3 else ZONE_MS)

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
        self.maybe(row, "place", ("水木清华", "a/b"), 4)
        return row

    def dispatched(self) -> Row:
        row: Row = {"unit": self.random.choice(UNITS)}
        self.maybe(row, "role", ("assist", "assist", "lead"), 4)
        if self.chance(4):
            shift = self.random.choice((-DAY_MS, 0, HOUR_MS, 2 * DAY_MS, 9 * DAY_MS))
            row["due_at"] = self.instant(self.random.choice((self.at_ms + shift, self.day_end(self.at_ms, 3))))
        if self.chance(5):
            row["accepted_at"] = self.instant(self.at_ms + self.random.choice((0, HOUR_MS, 30 * HOUR_MS)))
        self.maybe(row, "confirmed", (True, False), 5)
        return row

    def returned(self) -> Row:
        row: Row = {"unit": self.random.choice(UNITS)}
        self.maybe(row, "reason", ("请分派至街道", "依据《条例》"))
        self.maybe(row, "slip", (True, False))
        return row

    def resolved(self) -> Row:
        row: Row = {}
        self.maybe(row, "unit", UNITS)
        self.maybe(row, "outcome", ("done", "explained", "rejected"), 4)
        self.maybe(row, "claims_satisfied", (True, False), 4)
        return row

    def rated(self) -> Row:
        row: Row = {}
        self.maybe(row, "satisfied", (True, False))
        self.maybe(row, "stars", (0, 1, 2, 3, 4, 5))
        self.maybe(row, "praised", (True, False), 4)
        return row or {"satisfied": True}  # a rating says something

    def revisited(self) -> Row:
        row: Row = {}
        self.maybe(row, "effective", (True, False))
        self.maybe(row, "satisfied", (True, False))
        self.maybe(row, "reopen", (True, True, False))
        return row

    # -- tickets and units

    def ticket(self, ticket_id: str) -> list[Row]:
        self.at_ms = parse_instant("2024-01-25T08:00:00+08:00") + self.random.randrange(0, 60 * 24) * HOUR_MS
        rows: list[Row] = []
        type_ = ""
        units: list[str] = []
        for _ in range(self.random.choice((1, 2, 4, 6, 8, 12, 20))):
            type_ = self.random.choices(TYPES, NEXT[type_])[0]
            self.step()
            row = {"ticket_id": ticket_id, "at": self.instant(self.at_ms), "type": type_, **getattr(self, type_)()}
            self.maybe(row, "seq", (0, 1, 2, 3), 3)
            # Most returns and resolutions are by units that had the ticket.
            if type_ in ("returned", "resolved") and row.get("unit") and units and not self.chance(5):
                row["unit"] = self.random.choice(units[-2:])
            if type_ == "dispatched":
                units.append(row["unit"])
            rows.append(row)
        return rows

    def unit_event(self) -> Row:
        type_ = self.random.choice(("logged_in", "calls", "calls", "knowledge_updated", "points", "marked"))
        at_ms = parse_instant("2024-02-01T00:00:00+08:00") + self.random.randrange(0, 40) * 12 * HOUR_MS - self.random.choice((0, 1))
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
        if not self.chance(4):
            self.random.shuffle(arrived)
        if self.chance(6) and len(arrived) > 1:
            arrived.pop(next((i for i, row in enumerate(arrived) if not row.get("void")), 0))
        return arrived

    def city(self, seed: int) -> City:
        rows: list[Row] = []
        for number in range(self.random.choice((1, 1, 2, 3, 5))):
            rows += self.ticket(f"t{number}")
        rows += [self.unit_event() for _ in range(self.random.choice((0, 0, 3, 8)))]
        last_ms = max(parse_instant(row["at"]) for row in rows)
        clock_ms = last_ms + self.random.choice((0, 1, HOUR_MS, 3 * DAY_MS, 400 * DAY_MS))
        settings: dict[str, str] = {}
        for key, value in (("reopen", "continue"), ("redispatch", "continue"), ("default_level", "province"), ("default_level", "city")):
            if self.chance(5):
                settings[key] = value
        return City(seed, roster() if not self.chance(6) else [], self.arrive(rows), format_instant(clock_ms, ZONE_MS), settings)


def make(seed: int, with_settings: bool = True) -> City:
    city = Maker(seed).city(seed)
    return city if with_settings else city._replace(settings={})


def jsonl(rows: list[Row]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


if __name__ == "__main__":
    import sys
    made = make(int(sys.argv[1]))
    print(jsonl(made.rows), end="")
    print(f"clock {made.clock}, settings {made.settings}, roster of {len(made.roster)}", file=sys.stderr)
