#!/usr/bin/env python3
"""oracle.py - a second, slow and obvious computation of every number that the system must give.

Written from design.md and rules.md alone and sharing no code with the C core, so that a misreading has to be made twice to stay
hidden. It reads JSON Lines events, a roster and a few policy settings, judges everything at one instant and prints sorted lines:

    counter DIMENSION DAY NAME VALUE        counters that are zero are not printed
    alert ID STATE                          firing or resolved
    worklist NAME UNIT MONTH TICKET
    total DIMENSION MONTH NAME VALUE        with --months
    floor DIMENSION MONTH RATE firing NUMERATOR/DENOMINATOR

Readings that design.md leaves open are marked `Reading:` where they act.
"""

from __future__ import annotations

import argparse
import datetime
import json
import re
import sys
from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Iterable, Iterator, NamedTuple

HERE = Path(__file__).resolve().parent
SECOND_MS = 1000
HOUR_MS = 3600 * SECOND_MS
DAY_MS = 24 * HOUR_MS
EPOCH = datetime.date(1970, 1, 1).toordinal()

TYPES = {"received": 1, "dispatched": 2, "returned": 3, "resolved": 4, "rated": 5, "revisited": 6,
         "logged_in": 17, "calls": 18, "knowledge_updated": 19, "points": 20, "marked": 21}
KINDS = ("complaint", "request", "enquiry", "suggestion", "praise", "other")
LEVELS = ("province", "city", "district")
CHANNELS = ("phone", "network")
ROLES = ("lead", "assist")
OUTCOMES = ("done", "explained", "rejected")


# ---------------------------------------------------------------- time

def parse_zone(text: str) -> int:
    """"+08:00" or "Z" in milliseconds east of UTC."""
    if text in ("Z", "z"):
        return 0
    match = re.fullmatch(r"([+-])(\d\d):(\d\d)", text)
    if not match:
        raise ValueError(f"bad zone {text!r}")
    sign = -1 if match[1] == "-" else 1
    return sign * (int(match[2]) * 60 + int(match[3])) * 60 * SECOND_MS


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


def day_of_date(date: datetime.date) -> int:
    return date.toordinal() - EPOCH


def date_of_day(day: int) -> datetime.date:
    return datetime.date.fromordinal(day + EPOCH)


def parse_day(text: str) -> int:
    return day_of_date(datetime.date.fromisoformat(text))


def format_day(day: int) -> str:
    return date_of_day(day).isoformat()


def format_month(day: int) -> str:
    return format_day(day)[:7]


def format_instant(at_ms: int, zone_ms: int) -> str:
    local = at_ms + zone_ms
    day, rest = divmod(local, DAY_MS)
    seconds, ms = divmod(rest, SECOND_MS)
    fraction = f".{ms:03}" if ms else ""
    sign, offset = ("-" if zone_ms < 0 else "+"), abs(zone_ms) // 60000
    return (f"{format_day(day)}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{fraction}"
            f"{sign}{offset // 60:02}:{offset % 60:02}")


class Calendar:
    """Working days of the PRC: weekdays less the free ones, and the weekend days that are worked. Beyond the table, plain weekdays."""

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


# ---------------------------------------------------------------- policy and roster

@dataclass(frozen=True)
class Term:
    kinds: frozenset[str]       # empty fits all
    levels: frozenset[str]
    number: int
    unit: str                   # working_days, calendar_days, hours
    mode: str = "civil"         # civil, clock
    roll: bool = True
    close_ms: int = 0           # 0 is 24:00
    district: str = ""          # the ticket's own; empty fits all

    def fits(self, kind: str, level: str, district: str) -> bool:
        return ((not self.kinds or kind in self.kinds) and (not self.levels or level in self.levels)
                and (not self.district or district == self.district))


DEFAULT_TERMS = (
    Term(frozenset({"complaint"}), frozenset({"province"}), 10, "calendar_days"),
    Term(frozenset({"enquiry", "suggestion"}), frozenset(), 3, "working_days"),
    Term(frozenset(), frozenset(), 5, "working_days"),
)


@dataclass(frozen=True)
class Version:
    from_day: int = 0
    terms: tuple[Term, ...] = DEFAULT_TERMS
    default_level: str = ""
    redispatch: str = "fresh"   # or continue
    reopen: str = "restart"     # or continue
    return_within_ms: int = 24 * HOUR_MS
    satisfaction_floor: tuple[Fraction, int] = (Fraction(95, 100), 20)   # limit, from so many cases on
    completion_floor: tuple[Fraction, int] = (Fraction(95, 100), 20)
    on_time_floor: tuple[Fraction, int] = (Fraction(1), 1)
    low_stars: int = 3
    look_back_days: int = 5


class Person(NamedTuple):
    """An entry of the roster: what a unit is between two days, both included."""
    unit: str
    district: str
    group: str
    has_duty: bool
    from_day: int
    to_day: int


@dataclass
class Policy:
    versions: list[Version] = field(default_factory=lambda: [Version()])
    roster: list[Person] = field(default_factory=list)
    zone_ms: int = 8 * HOUR_MS
    calendar: Calendar = field(default_factory=Calendar)

    def version_at(self, day: int) -> Version:
        held = self.versions[0]
        for version in self.versions:
            if version.from_day <= day:
                held = version
        return held

    def person(self, unit: str, day: int) -> Person | None:
        for person in self.roster:
            if person.unit == unit and person.from_day <= day <= person.to_day:
                return person
        return None

    def day_of(self, at_ms: int) -> int:
        return (at_ms + self.zone_ms) // DAY_MS

    def due(self, term: Term, from_ms: int) -> int:
        """When a term that starts at `from_ms` is over, inclusive to the millisecond."""
        if term.unit == "hours":
            return from_ms + term.number * HOUR_MS
        first = self.day_of(from_ms)
        last = self.calendar.add_working(first, term.number) if term.unit == "working_days" else first + term.number
        if term.mode == "clock":
            return from_ms + (last - first) * DAY_MS
        if term.roll:
            last = self.calendar.next_working(last)
        close_ms = term.close_ms or DAY_MS - 1
        return last * DAY_MS + close_ms - self.zone_ms


def roster_of(rows: list[dict[str, Any]]) -> list[Person]:
    """JSON array of objects with id, district, group, duty, from, to (days; absent is always)."""
    return [Person(row["id"], row.get("district", ""), row.get("group", ""), bool(row.get("duty", False)),
                   parse_day(row["from"]) if row.get("from") else -10**6, parse_day(row["to"]) if row.get("to") else 10**6)
            for row in rows]


SETTINGS = ("reopen", "redispatch", "default_level", "return_within_hours", "low_stars")


def version_with(version: Version, settings: dict[str, str]) -> Version:
    """A version with some of SETTINGS changed; the words are those of the policy file."""
    for key, value in settings.items():
        if key == "return_within_hours":
            version = replace(version, return_within_ms=int(value) * HOUR_MS)
        elif key == "low_stars":
            version = replace(version, low_stars=int(value))
        elif key in ("reopen", "redispatch", "default_level"):
            version = replace(version, **{key: value})
        else:
            raise ValueError(f"unknown setting {key!r}, known are {', '.join(SETTINGS)}")
    return version


def term_of_json(row: dict[str, Any]) -> Term:
    hour, minute = (int(part) for part in row.get("close", "00:00").split(":"))
    return Term(frozenset(row.get("kinds", ())), frozenset(row.get("levels", ())), int(row["number"]), row["unit"],
                row.get("mode", "civil"), row.get("roll", True), (hour * 60 + minute) * 60 * SECOND_MS, row.get("district", ""))


def versions_of_json(rows: list[dict[str, Any]]) -> list[Version]:
    """JSON array of objects with from (day), terms (list, absent is the default's) and any of SETTINGS."""
    versions = []
    for row in rows:
        version = Version(from_day=parse_day(row["from"]) if row.get("from") else 0)
        if "terms" in row:
            version = replace(version, terms=tuple(term_of_json(term) for term in row["terms"]))
        versions.append(version_with(version, {key: str(row[key]) for key in SETTINGS if key in row}))
    return sorted(versions, key=lambda version: version.from_day)


# ---------------------------------------------------------------- events

@dataclass(frozen=True)
class Event:
    """One event, normalised: what does not belong to its type is cleared, so equal events are equal in every field."""
    at_ms: int
    type: str
    seq: int = 0
    kind: str = ""
    level: str = ""
    channel: str = ""
    answered_directly: bool | None = None
    valid: bool | None = None
    role: str = ""
    confirmed: bool | None = None
    slip: bool | None = None
    outcome: str = ""
    claims_satisfied: bool | None = None
    satisfied: bool | None = None
    praised: bool | None = None
    effective: bool | None = None
    reopen: bool | None = None
    stars: int = -1
    due_at_ms: int = 0
    accepted_at_ms: int = 0
    amount: int = 0
    answered: int = 0
    unit: str = ""
    district: str = ""
    category: str = ""
    caller: str = ""
    place: str = ""
    title: str = ""
    reason: str = ""
    signed_by: str = ""
    statute: str = ""
    ticket_id: str = ""

    def key(self) -> tuple[Any, ...]:
        """The order of a ticket's events: instant, seq, type, content. Source of the content's order: event.h, event_compare."""
        def word(words: tuple[str, ...], value: str) -> int:
            return words.index(value) + 1 if value else 0

        def answer(value: bool | None) -> int:
            return 0 if value is None else 1 if value else 2
        numbers = (self.at_ms, self.seq, TYPES[self.type], word(KINDS, self.kind), word(LEVELS, self.level), word(CHANNELS, self.channel),
                   answer(self.answered_directly), answer(self.valid), word(ROLES, self.role), answer(self.confirmed), answer(self.slip),
                   word(OUTCOMES, self.outcome), answer(self.claims_satisfied), answer(self.satisfied), answer(self.praised),
                   answer(self.effective), answer(self.reopen), self.stars, self.due_at_ms, self.accepted_at_ms, self.amount, self.answered)
        texts = (self.unit, self.district, self.category, self.caller, self.place, self.title, self.reason, self.signed_by, self.statute,
                 self.ticket_id)
        return numbers + tuple(text.encode() for text in texts)


TEXT_FIELDS = {
    "received": ("kind", "level", "channel", "district", "category", "caller", "place", "title"),
    "dispatched": ("unit", "role"), "returned": ("unit", "reason", "signed_by", "statute"), "resolved": ("unit", "outcome"),
    "rated": (), "revisited": (), "logged_in": ("unit",), "calls": ("unit",), "knowledge_updated": ("unit",),
    "points": ("unit", "reason"), "marked": ("unit", "reason"),
}
ANSWER_FIELDS = {
    "received": ("answered_directly", "valid"), "dispatched": ("confirmed",), "returned": ("slip",), "resolved": ("claims_satisfied",),
    "rated": ("satisfied", "praised"), "revisited": ("effective", "satisfied", "reopen"),
}


def points_e4(text: str) -> int:
    value = Fraction(str(text)) * 10000
    if value.denominator != 1:
        raise ValueError(f"points finer than ten-thousandths: {text!r}")
    return int(value)


def event_of_json(row: dict[str, Any]) -> Event:
    type_ = row["type"]
    values: dict[str, Any] = {name: row[name] for name in TEXT_FIELDS[type_] if row.get(name)}
    values.update({name: row[name] for name in ANSWER_FIELDS.get(type_, ()) if row.get(name) is not None})
    if values.get("role") == "lead":
        del values["role"]  # lead is the default, so saying it does not make another event
    if type_ == "dispatched":
        for name in ("due_at", "accepted_at"):
            if row.get(name):
                values[name + "_ms"] = parse_instant(row[name])
    elif type_ == "rated" and row.get("stars") is not None:
        values["stars"] = row["stars"]
    elif type_ == "received":
        values["amount"] = row.get("amount", 0)
    elif type_ == "calls":
        values.update(amount=row.get("offered", 0), answered=row.get("answered", 0))
    elif type_ == "knowledge_updated":
        values["amount"] = row.get("count") or 1
    elif type_ == "points":
        values.update(amount=points_e4(row.get("points", "0")), ticket_id=row.get("ticket_id", ""))
    return Event(parse_instant(row["at"]), type_, row.get("seq", 0), **values)


def gather(rows: Iterable[dict[str, Any]]) -> tuple[dict[str, list[Event]], dict[str, list[Event]]]:
    """The sets of events by ticket and by unit, in their order; a voided event is out wherever its void came."""
    tickets: dict[str, set[Event]] = {}
    units: dict[str, set[Event]] = {}
    voids: set[tuple[str, Event]] = set()
    for row in rows:
        event = event_of_json(row)
        is_of_unit = TYPES[event.type] > 16
        owner, sets = (event.unit, units) if is_of_unit else (row["ticket_id"], tickets)
        events = sets.setdefault(owner, set())
        if row.get("void"):
            voids.add((("u" if is_of_unit else "t") + owner, event))
        else:
            events.add(event)

    def left(prefix: str, sets: dict[str, set[Event]]) -> dict[str, list[Event]]:
        return {owner: sorted((e for e in events if (prefix + owner, e) not in voids), key=Event.key) for owner, events in sorted(sets.items())}
    return left("t", tickets), left("u", units)


# ---------------------------------------------------------------- the story of one ticket

@dataclass(eq=False)
class Leg:
    unit: str
    is_assist: bool
    dispatched_at_ms: int
    accepted_at_ms: int
    due_at_ms: int | None
    ended_at_ms: int | None = None
    ended_by: str = ""                       # returned, resolved, moved
    was_late: bool = False                   # past a due time that has since been replaced

    def is_over_due(self, at_ms: int) -> bool:
        return self.due_at_ms is not None and at_ms > self.due_at_ms

    def is_overdue(self, clock_ms: int) -> bool:
        return self.is_over_due(clock_ms if self.ended_at_ms is None else self.ended_at_ms)


@dataclass(eq=False)
class Resolution:
    event: Event
    index: int                               # place in the order of the ticket's events
    unit: str                                # empty when nobody knows
    leg: Leg | None
    stands: bool = True
    is_shirked: bool = False


def unit_of(resolution: Resolution | None) -> str:
    return resolution.unit if resolution else ""


class Returned(NamedTuple):
    event: Event
    leg: Leg | None


class Story:
    """What the events of a ticket say, told event by event."""

    def __init__(self, ticket_id: str, events: list[Event], policy: Policy) -> None:
        self.ticket_id, self.events, self.policy = ticket_id, events, policy
        self.legs: list[Leg] = []
        self.holder: Leg | None = None           # the lead leg that is open
        self.latest: Leg | None = None           # the lead leg dispatched last
        self.settled_without_leg: Resolution | None = None  # since `latest`
        self.resolutions: list[Resolution] = []
        self.returns: list[Returned] = []
        self._read_fields()
        for index, event in enumerate(events):
            getattr(self, "_on_" + event.type)(index, event)

    # -- fields

    def _last(self, name: str, absent: Any) -> Any:
        value = absent
        for event in self.events:
            if event.type == "received" and getattr(event, name) != absent:
                value = getattr(event, name)
        return value

    def _read_fields(self) -> None:
        received = [event for event in self.events if event.type == "received"]
        self.received_at_ms = received[0].at_ms if received else None
        self.kind, self.level, self.channel = (self._last(name, "") for name in ("kind", "level", "channel"))
        self.district, self.category = self._last("district", ""), self._last("category", "")
        self.is_valid = self._last("valid", None) is not False
        self.is_answered_directly = self._last("answered_directly", None) is True
        bound_at_ms = received[0].at_ms if received else self.events[0].at_ms
        self.version = self.policy.version_at(self.policy.day_of(bound_at_ms))

    def _fresh_due(self, from_ms: int) -> int | None:
        level = self.level or self.version.default_level
        if not level:
            return None
        for term in self.version.terms:
            if term.fits(self.kind, level, self.district):
                return self.policy.due(term, from_ms)
        return None

    # -- events

    def _on_received(self, index: int, event: Event) -> None:
        pass

    def _on_rated(self, index: int, event: Event) -> None:
        pass

    def _on_dispatched(self, index: int, event: Event) -> None:
        if event.role == "assist":
            self._assist(event)
        elif self.holder and self.holder.unit == event.unit:
            self._extend(self.holder, event)
        else:
            self._lead(event)

    def _open_assist(self, unit: str) -> Leg | None:
        for leg in reversed(self.legs):
            if leg.is_assist and leg.unit == unit and leg.ended_at_ms is None:
                return leg
        return None

    def _assist(self, event: Event) -> None:
        if not self._open_assist(event.unit):
            self.legs.append(Leg(event.unit, True, event.at_ms, event.accepted_at_ms, None))

    def _extend(self, leg: Leg, event: Event) -> None:
        if event.due_at_ms:
            leg.was_late = leg.was_late or leg.is_over_due(event.at_ms)
            leg.due_at_ms = event.due_at_ms
        if event.accepted_at_ms:
            leg.accepted_at_ms = event.accepted_at_ms

    def _lead(self, event: Event) -> None:
        self._end(self.holder, event.at_ms, "moved")
        earlier = self.lead_legs()
        if event.due_at_ms:
            due: int | None = event.due_at_ms
        elif self.version.redispatch == "continue" and earlier:
            # Reading: `continue` holds for every lead leg after the first, however the one before ended; the case's first due time is
            # that of its first lead leg as extensions and reopenings have left it.
            due = earlier[0].due_at_ms
        else:
            due = self._fresh_due(event.at_ms)
        self.holder = self.latest = Leg(event.unit, False, event.at_ms, event.accepted_at_ms, due)
        self.settled_without_leg = None
        self.legs.append(self.holder)

    def _end(self, leg: Leg | None, at_ms: int, how: str) -> None:
        if leg:
            leg.ended_at_ms, leg.ended_by = at_ms, how
        if leg is self.holder:
            self.holder = None

    def _on_returned(self, index: int, event: Event) -> None:
        for leg in reversed(self.legs):
            if leg.unit == event.unit and leg.ended_by not in ("returned", "moved"):
                self._end(leg, event.at_ms, "returned")
                self._take_back_of(leg)
                break
        else:
            leg = None
        self.returns.append(Returned(event, leg))

    def _take_back_of(self, leg: Leg) -> None:
        for resolution in self.resolutions:
            if resolution.leg is leg:
                resolution.stands = False

    def is_settled(self) -> bool:
        """Whether the ticket is resolved now."""
        if self.holder:
            return False
        if self.settled_without_leg and self.settled_without_leg.stands:
            return True
        return any(resolution.stands and resolution.leg is self.latest for resolution in self.resolutions if resolution.leg)

    def _on_resolved(self, index: int, event: Event) -> None:
        unit = event.unit
        if unit and not (self.holder and self.holder.unit == unit):
            assist = self._open_assist(unit)
            if assist:
                self._end(assist, event.at_ms, "resolved")
                return
        if self.is_settled():
            return
        leg = self.holder
        resolution = Resolution(event, index, unit or (leg.unit if leg else ""), leg)
        if leg:
            # Reading: shirked looks at what the leg's unit had done before this resolution in the order of events.
            resolution.is_shirked = any(old.unit == leg.unit and old.ended_by == "returned" and not old.is_assist for old in self.legs)
            self._end(leg, event.at_ms, "resolved")
        else:
            self.settled_without_leg = resolution
        self.resolutions.append(resolution)

    def _on_revisited(self, index: int, event: Event) -> None:
        # Reading: only a ticket that is resolved can be reopened. Where another unit has got it since, or has returned it, there is
        # nothing to take back, and the resolution of the earlier leg goes on standing.
        if not event.reopen or not self.is_settled():
            return
        resolution = [resolution for resolution in self.resolutions if resolution.stands][-1]
        resolution.stands = False
        if resolution.leg:
            self._reopen(resolution.leg, event.at_ms)

    def _reopen(self, leg: Leg, at_ms: int) -> None:
        if self.version.reopen == "restart":
            leg.was_late = leg.was_late or leg.is_over_due(leg.ended_at_ms)
            leg.due_at_ms = self._fresh_due(at_ms)
        leg.ended_at_ms, leg.ended_by = None, ""
        self.holder = leg

    # -- what follows

    def lead_legs(self) -> list[Leg]:
        return [leg for leg in self.legs if not leg.is_assist]

    def resolution_of(self, leg: Leg) -> Resolution | None:
        for resolution in self.resolutions:
            if resolution.leg is leg and resolution.stands:
                return resolution
        return None

    def rated_resolution(self, index: int) -> Resolution | None:
        """What a rating or revisit at this place is about: the last resolution before, standing or not, else the first after."""
        before = [resolution for resolution in self.resolutions if resolution.index < index]
        after = [resolution for resolution in self.resolutions if resolution.index > index]
        return before[-1] if before else after[0] if after else None


# ---------------------------------------------------------------- counting

class Place(NamedTuple):
    """A unit with its district and group on a day."""
    unit: str
    district: str
    group: str


def place_of(policy: Policy, unit: str, day: int) -> Place:
    person = policy.person(unit, day) if unit else None
    return Place(unit, person.district if person else "", person.group if person else "")


def categories_of(category: str) -> list[str]:
    parts = category.split("/") if category else []
    return ["/".join(parts[:n]) for n in (1, 2) if len(parts) >= n]


class Result:
    """Everything that is computed, ready to be printed."""

    def __init__(self) -> None:
        self.counters: Counter[tuple[str, int, str]] = Counter()   # dimension, day, name
        self.alerts: dict[str, str] = {}
        self.worklists: set[tuple[str, str, str, str]] = set()     # name, unit, month, ticket
        self.floors: list[tuple[str, str, str, str]] = []          # dimension, month, rate, numerator/denominator

    def alert(self, alert_id: str, state: str) -> None:
        # Two legs that one instant gave to one unit share an id: firing goes before resolved.
        if self.alerts.get(alert_id) != "firing":
            self.alerts[alert_id] = state

    def months(self) -> Counter[tuple[str, str, str]]:
        totals: Counter[tuple[str, str, str]] = Counter()
        for (dimension, day, name), value in self.counters.items():
            totals[dimension, format_month(day), name] += value
        return totals

    def lines(self, with_months: bool = False) -> list[str]:
        lines = [f"counter {dimension} {format_day(day)} {name} {format_value(name, value)}"
                 for (dimension, day, name), value in self.counters.items() if value]
        lines += [f"alert {alert_id} {state}" for alert_id, state in self.alerts.items()]
        lines += [f"worklist {name} {unit} {month} {ticket}" for name, unit, month, ticket in self.worklists]
        if with_months:
            lines += [f"total {dimension} {month} {name} {format_value(name, value)}"
                      for (dimension, month, name), value in self.months().items() if value]
            lines += [f"floor {dimension} {month} {rate} firing {numbers}" for dimension, month, rate, numbers in self.floors]
        return sorted(lines, key=str.encode)


def format_value(name: str, value: int) -> str:
    """Points are ten-thousandths, printed as a decimal without closing zeros."""
    if not name.startswith("points_"):
        return str(value)
    text = f"{value // 10000}.{value % 10000:04}".rstrip("0")
    return text.rstrip(".")


class Assessor:
    """Judges tickets and units' events at one clock."""

    def __init__(self, policy: Policy, clock_ms: int) -> None:
        self.policy, self.clock_ms, self.result = policy, clock_ms, Result()

    # -- where something counts

    def _add(self, dimensions: Iterable[str], day: int, name: str, amount: int = 1) -> None:
        for dimension in dimensions:
            self.result.counters[dimension, day, name] += amount

    def _with_parts(self, story: Story, dimension: str) -> list[str]:
        parts = [dimension]
        if story.channel:
            parts.append(f"{dimension}/channel/{story.channel}")
        if story.level:
            parts.append(f"{dimension}/level/{story.level}")
        return parts

    def _city(self, story: Story) -> list[str]:
        return self._with_parts(story, "city") + [f"category/{category}" for category in categories_of(story.category)]

    def _own(self, story: Story) -> list[str]:
        """Where received, valid and answered_directly count: the ticket's own district and the city."""
        district = self._with_parts(story, f"district/{story.district}") if story.district else []
        return self._city(story) + district

    def _of_unit(self, story: Story, unit: str, roster_day: int) -> list[str]:
        place = place_of(self.policy, unit, roster_day)
        dimensions = self._city(story)
        for kind, name in (("unit", place.unit), ("district", place.district), ("group", place.group)):
            if name:
                dimensions += self._with_parts(story, f"{kind}/{name}")
        return dimensions

    def _day(self, at_ms: int) -> int:
        return self.policy.day_of(at_ms)

    # -- tickets

    def ticket(self, story: Story) -> None:
        self._count_intake(story)
        if not story.is_valid:
            return
        self._count_dispatched_widely(story)
        for leg in story.legs:
            self._count_leg(story, leg)
        self._count_returns(story)
        for resolution in story.resolutions:
            self._count_resolution(story, resolution)
        self._count_ratings(story)
        self._count_revisits(story)
        self._judge_alerts(story)
        self._list(story)

    def _count_intake(self, story: Story) -> None:
        if story.received_at_ms is None:
            return
        day = self._day(story.received_at_ms)
        self._add(self._own(story), day, "received")
        if not story.is_valid:
            return
        self._add(self._own(story), day, "valid")
        if story.is_answered_directly and not story.lead_legs():
            self._add(self._own(story), day, "answered_directly")

    def _count_dispatched_widely(self, story: Story) -> None:
        """dispatched and completed of the city, categories, districts and groups: tickets, on the day of their first leg there."""
        first: dict[str, int] = {}
        for leg in story.lead_legs():
            day = self._day(leg.dispatched_at_ms)
            place = place_of(self.policy, leg.unit, day)
            dimensions = self._city(story)
            for kind, name in (("district", place.district), ("group", place.group)):
                if name:
                    dimensions += self._with_parts(story, f"{kind}/{name}")
            for dimension in dimensions:
                first.setdefault(dimension, day)
        for dimension, day in first.items():
            self._add([dimension], day, "dispatched")
            if story.is_settled():
                self._add([dimension], day, "completed")

    def _count_leg(self, story: Story, leg: Leg) -> None:
        dispatch_day = self._day(leg.dispatched_at_ms)
        wide = self._of_unit(story, leg.unit, dispatch_day)
        if leg.is_assist:
            self._add(wide, dispatch_day, "assisted")
            return
        alone = self._with_parts(story, f"unit/{leg.unit}")
        resolution = story.resolution_of(leg)
        if leg.ended_by not in ("returned", "moved"):
            self._add(alone, dispatch_day, "dispatched")
            if resolution:
                self._add(alone, dispatch_day, "completed")
        if resolution:
            day = self._day(resolution.event.at_ms)
            if day == dispatch_day:
                self._add(wide, day, "same_day")
            if leg.due_at_ms is not None and not leg.is_over_due(resolution.event.at_ms):
                self._add(wide, day, "resolved_on_time")
            if resolution.is_shirked:
                self._add(wide, day, "shirked")
        if leg.is_overdue(self.clock_ms):
            self._add(wide, self._day(leg.due_at_ms), "overdue")
            if leg.ended_at_ms is None:
                self._add(wide, dispatch_day, "open_overdue")

    def _count_returns(self, story: Story) -> None:
        for event, leg in story.returns:
            if leg and leg.is_assist:
                continue
            day = self._day(event.at_ms)
            wide = self._of_unit(story, event.unit, self._day(leg.dispatched_at_ms) if leg else day)
            self._add(wide, day, "returned")
            if leg and event.at_ms - (leg.accepted_at_ms or leg.dispatched_at_ms) > story.version.return_within_ms:
                self._add(wide, day, "returned_late")

    def _count_resolution(self, story: Story, resolution: Resolution) -> None:
        if not resolution.stands:
            return
        day = self._day(resolution.event.at_ms)
        self._add(self._of_resolution(story, resolution, day), day, "resolved")

    def _of_resolution(self, story: Story, resolution: Resolution | None, event_day: int) -> list[str]:
        """Where a resolution counts, and what was said about it later.

        Reading: a leg counts where its unit was when it was dispatched, so what follows from the leg does as well. A resolver that is not
        the leg's unit has no leg here, and counts where it is on the day of the event.
        """
        if not resolution:
            return self._of_unit(story, "", event_day)
        leg = resolution.leg
        roster_day = self._day(leg.dispatched_at_ms) if leg and leg.unit == resolution.unit else event_day
        return self._of_unit(story, resolution.unit, roster_day)

    def _ratings(self, story: Story, name: str, absent: Any) -> tuple[Event, Resolution | None] | None:
        """The latest rating that gave `name`, and what it is about. An empty name asks for any rating."""
        found = None
        for index, event in enumerate(story.events):
            if event.type == "rated" and (not name or getattr(event, name) != absent):
                found = event, story.rated_resolution(index)
        return found

    def _count_ratings(self, story: Story) -> None:
        for name, absent in (("", None), ("satisfied", None), ("stars", -1), ("praised", None)):
            found = self._ratings(story, name, absent)
            if not found:
                continue
            event, resolution = found
            counter = {"": "rated", "satisfied": "satisfied" if event.satisfied else "dissatisfied", "stars": f"stars_{event.stars}",
                       "praised": "praised" if event.praised else ""}[name]
            if counter:
                day = self._day(event.at_ms)
                self._add(self._of_resolution(story, resolution, day), day, counter)

    def _count_revisits(self, story: Story) -> None:
        for index, event in enumerate(story.events):
            if event.type != "revisited":
                continue
            day = self._day(event.at_ms)
            wide = self._of_resolution(story, story.rated_resolution(index), day)
            self._add(wide, day, "revisited")
            if event.effective:
                self._add(wide, day, "revisited_effective")
            if event.reopen:
                self._add(wide, day, "reopened")

    # -- alerts

    def _judge_alerts(self, story: Story) -> None:
        for leg in story.lead_legs():
            alert_id = f"overdue/{story.ticket_id}/{leg.unit}/{format_instant(leg.dispatched_at_ms, self.policy.zone_ms)}"
            is_overdue = leg.is_overdue(self.clock_ms)
            if is_overdue and leg.ended_at_ms is None:
                self.result.alert(alert_id, "firing")
            elif is_overdue or leg.was_late:
                self.result.alert(alert_id, "resolved")

    # -- worklists

    def _list(self, story: Story) -> None:
        for leg in story.lead_legs():
            if leg.is_overdue(self.clock_ms):
                self._on_list("overdue", leg.unit, self._day(leg.due_at_ms), story)
            resolution = story.resolution_of(leg)
            if resolution and resolution.is_shirked:
                self._on_list("shirked", leg.unit, self._day(resolution.event.at_ms), story)
        self._list_ratings(story)
        self._list_returned_often(story)
        self._list_month_end(story)
        for index, event in enumerate(story.events):
            if event.type == "revisited" and event.effective is False:
                self._on_list("revisit-invalid", unit_of(story.rated_resolution(index)), self._day(event.at_ms), story)

    def _on_list(self, name: str, unit: str, day: int, story: Story) -> None:
        if unit:
            self.result.worklists.add((name, unit, format_month(day), story.ticket_id))

    def _list_ratings(self, story: Story) -> None:
        bad: list[tuple[Event, Resolution | None]] = []
        satisfied, stars = self._ratings(story, "satisfied", None), self._ratings(story, "stars", -1)
        if satisfied and satisfied[0].satisfied is False:
            bad.append(satisfied)
            self._on_list("dissatisfied", unit_of(satisfied[1]), self._day(satisfied[0].at_ms), story)
        if stars and stars[0].stars <= story.version.low_stars:
            bad.append(stars)
            self._on_list("low-star", unit_of(stars[1]), self._day(stars[0].at_ms), story)
        for rating, resolution in bad:
            # Reading: the look-back is due at the end of the 5th working day; any revisit after the rating will do.
            last_day = self.policy.calendar.add_working(self._day(rating.at_ms), story.version.look_back_days)
            limit_ms = (last_day + 1) * DAY_MS - 1 - self.policy.zone_ms
            looked = [event for event in story.events if event.type == "revisited" and event.key() > rating.key() and event.at_ms <= limit_ms]
            if not looked and self.clock_ms > limit_ms:
                self._on_list("look-back", unit_of(resolution), self._day(rating.at_ms), story)

    def _list_returned_often(self, story: Story) -> None:
        returns = [event for event, leg in story.returns if not (leg and leg.is_assist)]
        for count, event in enumerate(returns, 1):
            if count >= 2:
                self._on_list("returned-often", event.unit, self._day(event.at_ms), story)

    def _list_month_end(self, story: Story) -> None:
        """Every month at whose end a lead leg was open: what is left then of this month and those before."""
        for leg in story.lead_legs():
            until_ms = self.clock_ms if leg.ended_at_ms is None else leg.ended_at_ms
            date = date_of_day(self._day(leg.dispatched_at_ms)).replace(day=1)
            while True:
                next_month = (date + datetime.timedelta(days=32)).replace(day=1)
                end_ms = day_of_date(next_month) * DAY_MS - 1 - self.policy.zone_ms
                if end_ms >= until_ms:
                    break
                self._on_list("month-end", leg.unit, day_of_date(date), story)
                date = next_month

    # -- units

    def unit_events(self, unit: str, events: list[Event]) -> None:
        for event in events:
            day = self._day(event.at_ms)
            place = place_of(self.policy, unit, day)
            wide = ["city"] + [f"{kind}/{name}" for kind, name in (("unit", unit), ("district", place.district), ("group", place.group)) if name]
            if event.type == "knowledge_updated":
                self._add(wide, day, "knowledge_updates", event.amount)
            elif event.type == "points" and event.amount:
                self._add(wide, day, "points_added" if event.amount > 0 else "points_taken", abs(event.amount))
            elif event.type == "calls" and event is self._latest_calls(events, day):
                self._add(wide, day, "calls_offered", event.amount)
                self._add(wide, day, "calls_answered", event.answered)

    def _latest_calls(self, events: list[Event], day: int) -> Event:
        return [event for event in events if event.type == "calls" and self._day(event.at_ms) == day][-1]

    # -- floors

    def floors(self) -> None:
        totals = self.result.months()
        for dimension, month in sorted({(d, m) for d, m, _ in totals if d.startswith("unit/") and d.count("/") == 1}):
            version = self.policy.version_at(parse_day(month + "-01"))

            def total(name: str) -> int:
                return totals[dimension, month, name]
            self._floor(dimension, month, "satisfaction", version.satisfaction_floor, total("satisfied"), total("satisfied") + total("dissatisfied"))
            self._floor(dimension, month, "on_time", version.on_time_floor, total("resolved_on_time"), total("resolved_on_time") + total("overdue"))
            is_over = format_month(self._day(self.clock_ms)) > month  # else what is due: resolved, or open past its due time
            due = total("dispatched") if is_over else total("completed") + total("open_overdue")
            self._floor(dimension, month, "completion", version.completion_floor, total("completed"), due)

    def _floor(self, dimension: str, month: str, rate: str, floor: tuple[Fraction, int], numerator: int, denominator: int) -> None:
        limit, cases = floor
        if denominator and denominator >= cases and Fraction(numerator, denominator) < limit:
            self.result.floors.append((dimension, month, rate, f"{numerator}/{denominator}"))


def assess(rows: Iterable[dict[str, Any]], clock_ms: int, policy: Policy | None = None) -> Result:
    """Everything that the events amount to at the clock."""
    assessor = Assessor(policy or Policy(), clock_ms)
    tickets, units = gather(rows)
    for ticket_id, events in tickets.items():
        if events:
            assessor.ticket(Story(ticket_id, events, assessor.policy))
    for unit, events in units.items():
        assessor.unit_events(unit, events)
    assessor.floors()
    return assessor.result


# ---------------------------------------------------------------- command line

def read_rows(path: str) -> Iterator[dict[str, Any]]:
    with (sys.stdin if path == "-" else open(path, encoding="utf-8")) as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def main() -> int:
    parser = argparse.ArgumentParser(description="An independent computation of counters, alerts and worklists.")
    parser.add_argument("--events", default="-", help="JSON Lines, - for standard input")
    parser.add_argument("--clock", required=True, help="the instant to judge at: RFC 3339 or Unix milliseconds")
    parser.add_argument("--roster", help="JSON array of id, district, group, duty, from, to")
    parser.add_argument("--policy", help="JSON array of versions, see versions_of_json")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help=f"in every version: {', '.join(SETTINGS)}")
    parser.add_argument("--months", action="store_true", help="also totals and floors by month")
    options = parser.parse_args()
    policy = Policy()
    if options.policy:
        policy.versions = versions_of_json(json.loads(Path(options.policy).read_text(encoding="utf-8")))
    settings = dict(setting.split("=", 1) for setting in options.set)
    policy.versions = [version_with(version, settings) for version in policy.versions]
    if options.roster:
        policy.roster = roster_of(json.loads(Path(options.roster).read_text(encoding="utf-8")))
    clock_ms = parse_instant(int(options.clock) if options.clock.isdigit() else options.clock)
    for line in assess(read_rows(options.events), clock_ms, policy).lines(options.months):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
