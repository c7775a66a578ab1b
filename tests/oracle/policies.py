"""policies.py - random policies: versions by date, any setting of any rule, calendars with holidays and make-up days of their own, rosters that change."""

from __future__ import annotations

import random
from typing import Any

from days import date_of_day, format_day, parse_day

Document = dict[str, Any]
RULES = ("overdue", "floors", "due-warnings", "escalation", "month-end", "return-late", "return-slip", "circulated", "returned-often", "shirked", "ping-pong",
         "dissatisfied", "low-star", "look-back", "claim-conflict", "revisit-invalid", "praise", "duty", "duty-letter", "margin",
         "tendency", "repeated", "crowd")
# Each setting with values that make it matter in a small city.
CHOICES: dict[str, tuple[Any, ...]] = {
    "count": ("civil", "clock"), "roll": (True, False), "close_of_business": ("24:00", "17:30", "00:01"),
    "default_level": ("none", "city", "province", "district"), "redispatch": ("fresh", "continue"), "reopen": ("restart", "continue"),
    "return_within": ("24h", "1h", "90m", "2d"), "low_stars": (0, 2, 3, 5), "excellent_stars": (0, 4, 5),
    "due_warnings": ([], ["50 %"], ["24h"], ["10 %", "33.33 %", "99.99 %", "1h"], ["50 %", "75 %", "90 %", "3d"], ["0.01 %", "1m"]),
    "working_hours": ({"from": "00:00", "to": "24:00"}, {"from": "09:00"}, {"to": "18:00"}, {"from": "12:00", "to": "12:01"}),
    "floors": ({"satisfaction": {"limit": "95 %", "from_cases": 1}, "completion": {"limit": "66.67 %", "from_cases": 2}},
               {"satisfaction": {"limit": "0 %"}, "completion": {"from_cases": 1}, "on_time": {"limit": "50 %"}}, {"on_time": {"from_cases": 2}}),
}
RULE_CHOICES: dict[str, tuple[Document, ...]] = {
    "escalation": ({"days": 2}, {"days": 3, "points": 0}, {"points": 7}, {"overdue": "off"}, {"days": 1, "overdue": "on"}),
    "month-end": ({"days": 1}, {"days": 3}, {"days": 20}), "circulated": ({"units": 3}, {"units": 2}),
    "returned-often": ({"from": 3}, {"to": 2}, {"from": 2, "to": 9}), "look-back": ({"days": 1}, {"days": 2}, {"days": 20}),
    "praise": ({"within": "1m"}, {"within": "24h"}, {"within": "300d"}), "duty": ({"by": "09:00"}, {"by": "00:00"}, {"by": "23:59"}),
    "duty-letter": ({"over": 1}, {"over": 2}, {"over": 5}),
    "repeated": ({"within": "1h"}, {"within": "90d", "to": 5}, {"from": 3}, {"from": 2, "to": 2}),
    "crowd": ({"callers": 2}, {"callers": 3, "within": "7d"}, {"callers": 2, "within": "1h", "amount": 5000}, {"amount": 1}),
    "margin": ({"tickets": 1}, {"tickets": 5}), "tendency": ({"chance": "100 %", "from": 1}, {"chance": "20 %", "from": 2}, {"chance": "1 %"}),
}
TERMS = (
    [{"rule": "due-all", "within": "1 working days"}],
    [{"rule": "due-hours", "kinds": ["complaint", "request"], "within": "36 hours"}, {"rule": "due-rest", "within": "2 calendar days", "count": "clock"}],
    [{"rule": "due-here", "district": "兴隆台区", "within": "3 calendar days", "roll": False}, {"rule": "due-levels", "levels": ["province", "city"],
     "within": "2 working days", "close_of_business": "12:00"}],
)


def _maybe(random_: random.Random, document: Document, choices: dict[str, tuple[Any, ...]], one_in: int) -> None:
    for name, values in choices.items():
        if random_.randrange(one_in) == 0:
            document[name] = random_.choice(values)


def _rules(random_: random.Random) -> Document:
    rules: Document = {}
    _maybe(random_, rules, RULE_CHOICES, 5)
    for rule in RULES:
        if random_.randrange(16) == 0:
            is_on = random_.choice(("on", "off"))
            rules[rule] = {**rules[rule], "on": is_on} if rule in rules else is_on
    return rules


def _version(random_: random.Random, from_day: str) -> Document:
    version: Document = {"from": from_day}
    if random_.randrange(5) == 0:
        version["terms"] = random_.choice(TERMS)
    _maybe(random_, version, CHOICES, 6)
    rules = _rules(random_)
    return {**version, "rules": rules} if rules else version


def _calendar(random_: random.Random) -> str | Document:
    """The PRC's, or years that are not: around the days of the cities everything may be free or worked."""
    if random_.randrange(4):
        return "cn"
    years: Document = {}
    for year in (2023, 2024, 2025):
        days = range(parse_day(f"{year}-01-01"), parse_day(f"{year}-12-31") + 1)
        weekdays = [format_day(day) for day in days if date_of_day(day).weekday() < 5]
        weekends = [format_day(day) for day in days if date_of_day(day).weekday() >= 5]
        years[str(year)] = {"holidays": sorted(random_.sample(weekdays, 60)), "workdays": sorted(random_.sample(weekends, 20))}
    if random_.randrange(2):
        return {"base": "none", "years": years}
    return {"base": "cn", "years": {"2024": years["2024"]}}


def _roster(random_: random.Random) -> list[Document]:
    if random_.randrange(6) == 0:
        return []
    rows: list[Document] = [
        {"id": "住建局", "district": "兴隆台区", "group": "市直"},
        {"id": "xinghai", "district": "兴隆台区", "group": "基层"},
        {"id": "u 3", "district": "双台子区", "group": "基层", "to": "2024-02-20"},
        {"id": "u 3", "district": "兴隆台区", "group": "经济区", "from": "2024-02-21"},
        {"id": "u4", "district": "双台子区", "from": "2024-02-08"},   # unknown before
        {"id": "u5", "group": "市直", "to": "2024-02-29"},           # in no district, and unknown after
    ]
    return [{**row, "duty": True} if random_.randrange(3) == 0 else row for row in rows]


def random_document(random_: random.Random) -> Document:
    document: Document = {"zone": random_.choice(("+08:00",) * 6 + ("+00:00", "-03:30", "+05:45"))}
    document["calendar"] = _calendar(random_)
    document["roster"] = _roster(random_)
    starts = sorted(random_.sample(("2024-02-01", "2024-02-10", "2024-02-29", "2024-03-01", "2024-03-04", "2024-01-01"), random_.choice((0, 0, 1, 2))))
    document["versions"] = [_version(random_, day) for day in ["1970-01-01", *starts]]
    return document
