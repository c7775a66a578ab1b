"""story.py - what the events of a ticket say, told event by event: its fields, legs, resolutions and returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from events import Event
from policy import Policy


@dataclass(eq=False)
class Hold:
    """A unit holds the ticket: from its dispatch, or from a reopening, to what ended that."""
    from_ms: int
    until_ms: int | None = None              # None while it does; the instant itself is not held

    def covers(self, at_ms: int) -> bool:
        return self.from_ms <= at_ms and (self.until_ms is None or at_ms < self.until_ms)


@dataclass(eq=False)
class Leg:
    unit: str
    is_assist: bool
    dispatched_at_ms: int
    accepted_at_ms: int
    due_at_ms: int | None
    term_from_ms: int                        # the dispatch, or the reopening that gave a fresh term
    ended_at_ms: int | None = None
    ended_by: str = ""                       # returned, resolved, moved
    late_from_ms: list[int] = field(default_factory=list)  # the first instants past due times that have since been replaced
    holds: list[Hold] = field(default_factory=list)

    def is_over_due(self, at_ms: int) -> bool:
        return self.due_at_ms is not None and at_ms > self.due_at_ms

    def is_overdue(self, clock_ms: int) -> bool:
        return self.is_over_due(clock_ms if self.ended_at_ms is None else self.ended_at_ms)

    def hold(self, at_ms: int) -> None:
        self.ended_at_ms, self.ended_by = None, ""
        self.holds.append(Hold(at_ms))

    def end(self, at_ms: int, how: str) -> None:
        self.ended_at_ms, self.ended_by = at_ms, how
        if self.holds[-1].until_ms is None:
            self.holds[-1].until_ms = at_ms

    def replace_due(self, at_ms: int, due_at_ms: int | None) -> None:
        """At `at_ms`, or, of a leg that had ended, when it was ended."""
        if self.is_over_due(at_ms):
            self.late_from_ms.append(self.due_at_ms + 1)
        self.due_at_ms = due_at_ms

    def covers(self, at_ms: int) -> bool:
        return any(hold.covers(at_ms) for hold in self.holds)


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
    index: int
    leg: Leg | None


@dataclass(eq=False)
class Span:
    """The ticket was resolved, from an event to the one that changed it; None while it is."""
    from_ms: int
    index: int
    until_ms: int | None = None


class Story:
    def __init__(self, ticket_id: str, events: list[Event], policy: Policy) -> None:
        self.ticket_id, self.events, self.policy = ticket_id, events, policy
        self.legs: list[Leg] = []
        self.holder: Leg | None = None           # the lead leg that is open
        self.latest: Leg | None = None           # the lead leg dispatched last
        self.settled_without_leg: Resolution | None = None  # since `latest`
        self.resolutions: list[Resolution] = []
        self.returns: list[Returned] = []
        self.resolved_spans: list[Span] = []
        self._read_fields()
        for index, event in enumerate(events):
            getattr(self, "_on_" + event.type)(index, event)
            self._note_span(index, event)

    def _note_span(self, index: int, event: Event) -> None:
        was_settled = bool(self.resolved_spans) and self.resolved_spans[-1].until_ms is None
        if self.is_settled() and not was_settled:
            self.resolved_spans.append(Span(event.at_ms, index))
        elif was_settled and not self.is_settled():
            self.resolved_spans[-1].until_ms = event.at_ms

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
        self.caller, self.place, self.amount = self._last("caller", ""), self._last("place", ""), self._last("amount", 0)
        self.is_valid = self._last("valid", None) is not False
        self.is_answered_directly = self._last("answered_directly", None) is True
        bound_at_ms = received[0].at_ms if received else self.events[0].at_ms
        self.version = self.policy.version_at(self.policy.day_of(bound_at_ms))

    def _fresh_due(self, from_ms: int) -> int | None:
        level = self.level or self.version.default_level
        if level == "none":
            return None
        for term in self.version.terms:
            if term.fits(self.kind, level, self.district):
                return self.policy.due(term, from_ms, self.version)
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

    def _new_leg(self, event: Event, is_assist: bool, due_at_ms: int | None) -> Leg:
        leg = Leg(event.unit, is_assist, event.at_ms, event.accepted_at_ms, due_at_ms, event.at_ms)
        leg.hold(event.at_ms)
        self.legs.append(leg)
        return leg

    def _assist(self, event: Event) -> None:
        if not self._open_assist(event.unit):
            self._new_leg(event, True, None)

    def _extend(self, leg: Leg, event: Event) -> None:
        if event.due_at_ms:
            leg.replace_due(event.at_ms, event.due_at_ms)
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
        self.holder = self.latest = self._new_leg(event, False, due)
        self.settled_without_leg = None

    def _end(self, leg: Leg | None, at_ms: int, how: str) -> None:
        if leg:
            leg.end(at_ms, how)
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
        self.returns.append(Returned(event, index, leg))

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
            leg.replace_due(leg.ended_at_ms, self._fresh_due(at_ms))
            leg.term_from_ms = at_ms
        leg.hold(at_ms)
        self.holder = leg

    # -- what follows

    def lead_legs(self) -> list[Leg]:
        return [leg for leg in self.legs if not leg.is_assist]

    def lead_returns(self) -> list[Returned]:
        """Returns of assisting units are their own affair; those of a unit that held nothing count."""
        return [returned for returned in self.returns if not (returned.leg and returned.leg.is_assist)]

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

    def is_resolved_at(self, at_ms: int) -> bool:
        return any(span.from_ms <= at_ms and (span.until_ms is None or at_ms < span.until_ms) for span in self.resolved_spans)

    def rating(self, name: str) -> tuple[Event, Resolution | None] | None:
        """The latest rating that gave `name` (satisfied, stars, praised), and what it is about. An empty name asks for any rating."""
        found = None
        for index, event in enumerate(self.events):
            absent = -1 if name == "stars" else None
            if event.type == "rated" and (not name or getattr(event, name) != absent):
                found = event, self.rated_resolution(index)
        return found
