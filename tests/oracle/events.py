"""events.py - events as they are told, and the sets of them that a ticket and a unit are."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Iterable

from days import parse_instant

TYPES = {"received": 1, "dispatched": 2, "returned": 3, "resolved": 4, "rated": 5, "revisited": 6,
         "logged_in": 17, "calls": 18, "knowledge_updated": 19, "points": 20, "marked": 21}
KINDS = ("complaint", "request", "enquiry", "suggestion", "praise", "other")
LEVELS = ("province", "city", "district")
CHANNELS = ("phone", "network")
ROLES = ("lead", "assist")
OUTCOMES = ("done", "explained", "rejected")


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
