"""policy.py - the rules in force by date, the roster and the calendar: a policy document as the comments of deploy/policy/default.yaml explain it.

A document is what a policy file says, as JSON. What a version leaves out is as in the version before it, in the first one as in the default.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, NamedTuple

from days import DAY_MS, HOUR_MS, Calendar, calendar_of, parse_day, parse_duration, parse_time, parse_zone

Document = dict[str, Any]


@dataclass(frozen=True)
class Term:
    kinds: frozenset[str]       # empty fits all
    levels: frozenset[str]
    number: int
    unit: str                   # working_days, calendar_days, hours
    mode: str | None = None     # civil, clock; None is as the version says, as with the next two
    roll: bool | None = None
    close_ms: int | None = None
    district: str = ""          # the ticket's own; empty fits all

    def fits(self, kind: str, level: str, district: str) -> bool:
        return ((not self.kinds or kind in self.kinds) and (not self.levels or level in self.levels)
                and (not self.district or district == self.district))


DEFAULT_TERMS = (
    Term(frozenset({"complaint"}), frozenset({"province"}), 10, "calendar_days"),
    Term(frozenset({"enquiry", "suggestion"}), frozenset(), 3, "working_days"),
    Term(frozenset(), frozenset(), 5, "working_days"),
)


class Floor(NamedTuple):
    limit: Fraction
    from_cases: int


@dataclass(frozen=True)
class Version:
    from_day: int = 0
    terms: tuple[Term, ...] = DEFAULT_TERMS
    count: str = "civil"
    roll: bool = True
    close_ms: int = DAY_MS      # 24:00
    default_level: str = "none"
    redispatch: str = "fresh"   # or continue
    reopen: str = "restart"     # or continue
    return_within_ms: int = 24 * HOUR_MS
    low_stars: int = 3
    excellent_stars: int = 5
    warning_shares: tuple[Fraction, ...] = (Fraction(1, 2), Fraction(3, 4), Fraction(9, 10))
    warning_before_ms: int = 24 * HOUR_MS   # 0 is off
    office_from_ms: int = parse_time("08:30")
    office_to_ms: int = parse_time("17:30")
    satisfaction: Floor = Floor(Fraction(95, 100), 20)
    completion: Floor = Floor(Fraction(95, 100), 20)
    on_time: Floor = Floor(Fraction(1), 1)
    off: frozenset[str] = frozenset()       # rules that are switched off
    circulated_units: int = 2
    returned_often_from: int = 2
    returned_often_to: int = 3
    look_back_days: int = 5
    escalation_days: int = 1
    escalation_points: int = 2
    escalation_overdue: bool = True
    month_end_days: int = 5
    praise_within_ms: int = 4 * HOUR_MS
    duty_by_ms: int = parse_time("16:00")
    duty_letter_over: int = 3
    margin_tickets: int = 2
    tendency_chance: Fraction = Fraction(1, 10000)
    tendency_from: int = 5
    repeated_within_ms: int = 30 * 24 * HOUR_MS
    repeated_from: int = 2
    repeated_to: int = 3
    crowd_callers: int = 5
    crowd_within_ms: int = 24 * HOUR_MS
    crowd_amount: int = 0                   # 0 is off

    def has(self, rule: str) -> bool:
        return rule not in self.off


def percent(text: str) -> Fraction:
    return Fraction(text.removesuffix("%").strip()) / 100


def is_on(value: Any) -> bool:
    return value in (True, "on")


# The settings of a version by their path in the document: the field, and how its value is read.
SETTINGS = {
    "count": ("count", str), "roll": ("roll", bool), "close_of_business": ("close_ms", parse_time),
    "default_level": ("default_level", str), "redispatch": ("redispatch", str), "reopen": ("reopen", str),
    "return_within": ("return_within_ms", parse_duration), "low_stars": ("low_stars", int), "excellent_stars": ("excellent_stars", int),
    "working_hours/from": ("office_from_ms", parse_time), "working_hours/to": ("office_to_ms", parse_time),
    "rules/circulated/units": ("circulated_units", int),
    "rules/returned-often/from": ("returned_often_from", int), "rules/returned-often/to": ("returned_often_to", int),
    "rules/look-back/days": ("look_back_days", int), "rules/escalation/days": ("escalation_days", int),
    "rules/escalation/points": ("escalation_points", int), "rules/escalation/overdue": ("escalation_overdue", is_on),
    "rules/month-end/days": ("month_end_days", int), "rules/praise/within": ("praise_within_ms", parse_duration),
    "rules/duty/by": ("duty_by_ms", parse_time), "rules/duty-letter/over": ("duty_letter_over", int),
    "rules/margin/tickets": ("margin_tickets", int), "rules/tendency/chance": ("tendency_chance", percent),
    "rules/tendency/from": ("tendency_from", int),
    "rules/repeated/within": ("repeated_within_ms", parse_duration),
    "rules/repeated/from": ("repeated_from", int), "rules/repeated/to": ("repeated_to", int),
    "rules/crowd/callers": ("crowd_callers", int), "rules/crowd/within": ("crowd_within_ms", parse_duration), "rules/crowd/amount": ("crowd_amount", int),
}


def term_of(row: Document) -> Term:
    number, unit = row["within"].split(" ", 1)
    units = {"working": "working_days", "calendar": "calendar_days", "hour": "hours", "hours": "hours"}
    return Term(frozenset(row.get("kinds", ())), frozenset(row.get("levels", ())), int(number), units[unit.split(" ")[0]], row.get("count"),
                row.get("roll"), parse_time(row["close_of_business"]) if "close_of_business" in row else None, row.get("district", ""))


def _with_warnings(version: Version, words: list[str]) -> Version:
    shares = tuple(percent(word) for word in words if word.endswith("%"))
    before = [parse_duration(word) for word in words if not word.endswith("%")]
    return replace(version, warning_shares=shares, warning_before_ms=before[0] if before else 0)


def _with_floors(version: Version, rows: Document) -> Version:
    for name, row in rows.items():
        held = getattr(version, name)
        version = replace(version, **{name: Floor(percent(row["limit"]) if "limit" in row else held.limit, int(row.get("from_cases", held.from_cases)))})
    return version


def _with_rules(version: Version, rows: Document) -> Version:
    for rule, row in rows.items():
        settings = row if isinstance(row, dict) else {"on": row}
        version = replace(version, off=version.off - {rule} if is_on(settings.get("on", True)) else version.off | {rule})
        version = _with_settings(version, {name: value for name, value in settings.items() if name != "on"}, f"rules/{rule}/")
    return version


def _with_settings(version: Version, settings: Document, path: str) -> Version:
    for key, value in settings.items():
        name, read = SETTINGS[path + key]
        version = replace(version, **{name: read(value)})
    return version


def version_with(version: Version, document: Document) -> Version:
    """The version with what a document's version says."""
    for key, value in document.items():
        if key == "from":
            version = replace(version, from_day=parse_day(value))
        elif key == "terms":
            version = replace(version, terms=tuple(term_of(row) for row in value))
        elif key == "due_warnings":
            version = _with_warnings(version, value)
        elif key == "floors":
            version = _with_floors(version, value)
        elif key == "rules":
            version = _with_rules(version, value)
        elif key == "working_hours":
            version = _with_settings(version, value, "working_hours/")
        else:
            version = _with_settings(version, {key: value}, "")
    return version


def versions_of(rows: list[Document]) -> list[Version]:
    versions, held = [], Version()
    for row in rows:
        held = version_with(held, row)
        versions.append(held)
    return versions


class Person(NamedTuple):
    """An entry of the roster: what a unit is between two days, both included."""
    unit: str
    district: str
    group: str
    has_duty: bool
    from_day: int
    to_day: int


def roster_of(rows: list[Document]) -> list[Person]:
    """A list of objects with id, district, group, duty, from, to (days; absent is always)."""
    return [Person(row["id"], row.get("district", ""), row.get("group", ""), bool(row.get("duty", False)),
                   parse_day(row["from"]) if row.get("from") else -10**6, parse_day(row["to"]) if row.get("to") else 10**6)
            for row in rows]


@dataclass
class Policy:
    versions: list[Version] = field(default_factory=lambda: [Version()])
    roster: list[Person] = field(default_factory=list)
    zone_ms: int = 8 * HOUR_MS
    calendar: Calendar = field(default_factory=Calendar)

    def version_at(self, day: int) -> Version:
        held = self.versions[0]
        for version in self.versions[1:]:
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

    def start_of(self, day: int) -> int:
        """Midnight, as an instant."""
        return day * DAY_MS - self.zone_ms

    def due(self, term: Term, from_ms: int, version: Version | None = None) -> int:
        """When a term that starts at `from_ms` is over, inclusive to the millisecond."""
        version = version or self.versions[0]
        if term.unit == "hours":
            return from_ms + term.number * HOUR_MS
        first = self.day_of(from_ms)
        last = self.calendar.add_working(first, term.number) if term.unit == "working_days" else first + term.number
        if (term.mode or version.count) == "clock":
            return from_ms + (last - first) * DAY_MS
        if version.roll if term.roll is None else term.roll:
            last = self.calendar.next_working(last)
        close_ms = version.close_ms if term.close_ms is None else term.close_ms
        return self.start_of(last) + (DAY_MS - 1 if close_ms == DAY_MS else close_ms)


def policy_of(document: Document) -> Policy:
    return Policy(versions_of(document.get("versions", [{}])), roster_of(document.get("roster", [])), parse_zone(document.get("zone", "+08:00")),
                  calendar_of(document.get("calendar", "cn")))
