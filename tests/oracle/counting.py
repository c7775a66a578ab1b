"""counting.py - the counters of a ticket and of units' events, by dimension and day."""

from __future__ import annotations

from typing import Iterable, NamedTuple

from events import Event
from policy import Policy
from result import Result
from story import Leg, Resolution, Story


class Place(NamedTuple):
    """A unit with its district and group on a day."""
    unit: str
    district: str
    group: str

    def dimensions(self) -> list[str]:
        return [f"{kind}/{name}" for kind, name in (("unit", self.unit), ("district", self.district), ("group", self.group)) if name]


def place_of(policy: Policy, unit: str, day: int) -> Place:
    person = policy.person(unit, day) if unit else None
    return Place(unit, person.district if person else "", person.group if person else "")


def categories_of(category: str) -> list[str]:
    parts = category.split("/") if category else []
    return ["/".join(parts[:n]) for n in (1, 2) if len(parts) >= n]


class Counting:
    def __init__(self, policy: Policy, clock_ms: int, result: Result) -> None:
        self.policy, self.clock_ms, self.result = policy, clock_ms, result

    def day(self, at_ms: int) -> int:
        return self.policy.day_of(at_ms)

    # -- where something counts

    def add(self, dimensions: Iterable[str], day: int, name: str, amount: int = 1) -> None:
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

    def of_unit(self, story: Story, unit: str, roster_day: int) -> list[str]:
        dimensions = self._city(story)
        for dimension in place_of(self.policy, unit, roster_day).dimensions():
            dimensions += self._with_parts(story, dimension)
        return dimensions

    def of_leg(self, story: Story, leg: Leg | None, event_day: int) -> list[str]:
        """A leg counts where its unit was when it was dispatched; what no unit is known for counts for the city."""
        return self.of_unit(story, leg.unit, self.day(leg.dispatched_at_ms)) if leg else self.of_unit(story, "", event_day)

    # -- tickets

    def intake(self, story: Story) -> None:
        if story.received_at_ms is None:
            return
        day = self.day(story.received_at_ms)
        self.add(self._own(story), day, "received")
        if not story.is_valid:
            return
        self.add(self._own(story), day, "valid")
        if story.is_answered_directly and not story.lead_legs():
            self.add(self._own(story), day, "answered_directly")

    def repeated(self, story: Story, unit: str) -> None:
        """For the city, its own district and its categories, and for the unit alone."""
        day = self.day(story.received_at_ms or 0)
        self.add(self._own(story), day, "repeated")
        if unit:
            self.add(self._with_parts(story, f"unit/{unit}"), day, "repeated")

    def ticket(self, story: Story) -> None:
        self._count_dispatched_widely(story)
        for leg in story.legs:
            self._count_leg(story, leg)
        self._count_returns(story)
        for resolution in story.resolutions:
            self._count_resolution(story, resolution)
        self._count_ratings(story)
        self._count_revisits(story)

    def _count_dispatched_widely(self, story: Story) -> None:
        """dispatched and completed of the city, categories, districts and groups: tickets, on the day of their first leg there."""
        first: dict[str, int] = {}
        for leg in story.lead_legs():
            day = self.day(leg.dispatched_at_ms)
            place = place_of(self.policy, leg.unit, day)._replace(unit="")
            dimensions = self._city(story)
            for dimension in place.dimensions():
                dimensions += self._with_parts(story, dimension)
            for dimension in dimensions:
                first.setdefault(dimension, day)
        for dimension, day in first.items():
            self.add([dimension], day, "dispatched")
            if story.is_settled():
                self.add([dimension], day, "completed")

    def _count_leg(self, story: Story, leg: Leg) -> None:
        dispatch_day = self.day(leg.dispatched_at_ms)
        wide = self.of_unit(story, leg.unit, dispatch_day)
        if leg.is_assist:
            self.add(wide, dispatch_day, "assisted")
            return
        alone = self._with_parts(story, f"unit/{leg.unit}")
        resolution = story.resolution_of(leg)
        if leg.ended_by not in ("returned", "moved"):
            self.add(alone, dispatch_day, "dispatched")
            if resolution:
                self.add(alone, dispatch_day, "completed")
        if resolution:
            day = self.day(resolution.event.at_ms)
            if day == dispatch_day:
                self.add(wide, day, "same_day")
            if leg.due_at_ms is not None and not leg.is_over_due(resolution.event.at_ms):
                self.add(wide, day, "resolved_on_time")
            if resolution.is_shirked:
                self.add(wide, day, "shirked")
        if leg.is_overdue(self.clock_ms):
            self.add(wide, self.day(leg.due_at_ms), "overdue")
            if leg.ended_at_ms is None:
                self.add(wide, dispatch_day, "open_overdue")

    def _count_returns(self, story: Story) -> None:
        for event, _, leg in story.lead_returns():
            day = self.day(event.at_ms)
            wide = self.of_unit(story, event.unit, self.day(leg.dispatched_at_ms) if leg else day)
            self.add(wide, day, "returned")
            if leg and event.at_ms > return_limit_ms(story, leg):
                self.add(wide, day, "returned_late")

    def _count_resolution(self, story: Story, resolution: Resolution) -> None:
        if resolution.stands:
            day = self.day(resolution.event.at_ms)
            self.add(self._of_resolution(story, resolution, day), day, "resolved")

    def _of_resolution(self, story: Story, resolution: Resolution | None, event_day: int) -> list[str]:
        """Where a resolution counts, and what was said about it later.

        Reading: a leg counts where its unit was when it was dispatched, so what follows from the leg does as well. A resolver that is not
        the leg's unit has no leg here, and counts where it is on the day of the event.
        """
        if not resolution:
            return self.of_unit(story, "", event_day)
        leg = resolution.leg
        roster_day = self.day(leg.dispatched_at_ms) if leg and leg.unit == resolution.unit else event_day
        return self.of_unit(story, resolution.unit, roster_day)

    def _count_ratings(self, story: Story) -> None:
        for name in ("", "satisfied", "stars", "praised"):
            found = story.rating(name)
            if not found:
                continue
            event, resolution = found
            counter = {"": "rated", "satisfied": "satisfied" if event.satisfied else "dissatisfied", "stars": f"stars_{event.stars}",
                       "praised": "praised" if event.praised else ""}[name]
            if counter:
                day = self.day(event.at_ms)
                self.add(self._of_resolution(story, resolution, day), day, counter)

    def _count_revisits(self, story: Story) -> None:
        for index, event in enumerate(story.events):
            if event.type != "revisited":
                continue
            day = self.day(event.at_ms)
            wide = self._of_resolution(story, story.rated_resolution(index), day)
            self.add(wide, day, "revisited")
            if event.effective:
                self.add(wide, day, "revisited_effective")
            if event.reopen:
                self.add(wide, day, "reopened")

    # -- units

    def unit_events(self, unit: str, events: list[Event]) -> None:
        for event in events:
            day = self.day(event.at_ms)
            wide = self.at_unit(unit, day)
            if event.type == "knowledge_updated":
                self.add(wide, day, "knowledge_updates", event.amount)
            elif event.type == "points" and event.amount:
                self.add(wide, day, "points_added" if event.amount > 0 else "points_taken", abs(event.amount))
            elif event.type == "calls" and event is self._latest_calls(events, day):
                self.add(wide, day, "calls_offered", event.amount)
                self.add(wide, day, "calls_answered", event.answered)

    def at_unit(self, unit: str, day: int) -> list[str]:
        return ["city", *place_of(self.policy, unit, day).dimensions()]

    def _latest_calls(self, events: list[Event], day: int) -> Event:
        return [event for event in events if event.type == "calls" and self.day(event.at_ms) == day][-1]


def return_limit_ms(story: Story, leg: Leg) -> int:
    """Until when the leg may be given back in time, itself included."""
    return (leg.accepted_at_ms or leg.dispatched_at_ms) + story.version.return_within_ms
