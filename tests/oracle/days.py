"""days.py - instants, civil days and the calendar of working days, as rules.md counts them."""

from __future__ import annotations

import datetime
import functools
import json
import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
EPOCH = datetime.date(1970, 1, 1).toordinal()


def parse_zone(text: str) -> int:
    """"+08:00" or "Z" in milliseconds east of UTC."""
    if text in ("Z", "z"):
        return 0
    match = re.fullmatch(r"([+-])(\d\d):(\d\d)", text)
    if not match:
        raise ValueError(f"bad zone {text!r}")
    sign = -1 if match[1] == "-" else 1
    return sign * (int(match[2]) * 60 + int(match[3])) * MINUTE_MS


def format_zone(zone_ms: int) -> str:
    sign, minutes = ("-" if zone_ms < 0 else "+"), abs(zone_ms) // MINUTE_MS
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}"


def parse_instant(value: str | int) -> int:
    """RFC 3339 with offset, or Unix milliseconds; fractions are cut to milliseconds."""
    if isinstance(value, int):
        return value
    match = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)", value)
    if not match:
        raise ValueError(f"bad instant {value!r}")
    year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
    local = day_of_date(datetime.date(year, month, day)) * DAY_MS + ((hour * 60 + minute) * 60 + second) * SECOND_MS
    fraction = int(((match[7] or "") + "000")[:3])
    return local + fraction - parse_zone(match[8])


def parse_time(text: str) -> int:
    """"17:30" in milliseconds after midnight."""
    hour, minute = text.split(":")
    return (int(hour) * 60 + int(minute)) * MINUTE_MS


def parse_duration(text: str) -> int:
    """"1h30m" in milliseconds."""
    units = {"d": DAY_MS, "h": HOUR_MS, "m": MINUTE_MS, "s": SECOND_MS, "ms": 1}
    if not re.fullmatch(r"(\d+(ms|[dhms]))+", text):
        raise ValueError(f"bad duration {text!r}")
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)(ms|[dhms])", text))


def day_of_date(date: datetime.date) -> int:
    return date.toordinal() - EPOCH


@functools.lru_cache(maxsize=None)
def date_of_day(day: int) -> datetime.date:
    return datetime.date.fromordinal(day + EPOCH)


def parse_day(text: str) -> int:
    return day_of_date(datetime.date.fromisoformat(text))


@functools.lru_cache(maxsize=None)
def format_day(day: int) -> str:
    return date_of_day(day).isoformat()


def format_month(day: int) -> str:
    return format_day(day)[:7]


def format_instant(at_ms: int, zone_ms: int) -> str:
    local = at_ms + zone_ms
    day, rest = divmod(local, DAY_MS)
    seconds, ms = divmod(rest, SECOND_MS)
    fraction = f".{ms:03}" if ms else ""
    return f"{format_day(day)}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}{format_zone(zone_ms)}"


# A month is told by its first day.

@functools.lru_cache(maxsize=None)
def month_of(day: int) -> int:
    return day_of_date(date_of_day(day).replace(day=1))


@functools.lru_cache(maxsize=None)
def next_month(first: int) -> int:
    return month_of(first + 31)


class Calendar:
    """Working days: weekdays less the holidays, and the weekend days that are worked. Beyond the table, plain weekdays."""

    def __init__(self, path: Path = HERE / "calendar_cn.json") -> None:
        table = json.loads(path.read_text(encoding="utf-8"))
        self.free = {parse_day(text) for text in table["free_weekdays"]}
        self.worked = {parse_day(text) for text in table["worked_weekend_days"]}

    def is_working(self, day: int) -> bool:
        is_weekday = date_of_day(day).weekday() < 5
        return day not in self.free if is_weekday else day in self.worked

    def add_working(self, day: int, count: int) -> int:
        while count:
            day += 1
            count -= self.is_working(day)
        return day

    def next_working(self, day: int) -> int:
        while not self.is_working(day):
            day += 1
        return day


def calendar_of(document: Any) -> Calendar:
    """"cn", "none", or a mapping of base and years: the days of a year that is listed replace the whole year."""
    rows = document if isinstance(document, dict) else {"base": document}
    calendar = Calendar()
    if rows.get("base", "cn") == "none":
        calendar.free, calendar.worked = set(), set()
    for year, days in rows.get("years", {}).items():
        for exceptions, name in ((calendar.free, "holidays"), (calendar.worked, "workdays")):
            exceptions -= {day for day in exceptions if date_of_day(day).year == int(year)}
            exceptions |= {parse_day(text) for text in days.get(name, ())}
    return calendar
