"""ticket_rules.py - the rules about one ticket: their alerts, their worklists, and what they count."""

from __future__ import annotations

from fractions import Fraction

from counting import Counting, return_limit_ms
from days import format_instant, format_month, month_of, next_month
from events import Event
from policy import Policy
from result import Alert, Result
from story import Leg, Resolution, Story, unit_of

SEVERITIES = {"overdue": "critical", "escalation": "critical", "revisit-invalid": "notice", "praise": "notice"}  # all others are warnings
LATE_SHARE = Fraction(3, 4)    # an earlier warning is a notice
LEVELS_OF_SUPERVISION = 4


class TicketRules:
    """Judges one ticket, which is valid, at one clock."""

    def __init__(self, story: Story, policy: Policy, clock_ms: int, counting: Counting, result: Result) -> None:
        self.story, self.policy, self.clock_ms, self.counting, self.result = story, policy, clock_ms, counting, result
        self.version = story.version
        self.is_resolved = story.is_settled()

    def judge(self) -> None:
        rules = {
            "overdue": self.overdue, "due-warnings": self.due_warnings, "escalation": self.escalation, "month-end": self.month_end,
            "return-late": self.return_late, "return-slip": self.return_slip, "circulated": self.circulated, "returned-often": self.returned_often,
            "shirked": self.shirked, "ping-pong": self.ping_pong, "dissatisfied": self.dissatisfied, "low-star": self.low_star,
            "look-back": self.look_back, "claim-conflict": self.claim_conflict, "revisit-invalid": self.revisit_invalid, "praise": self.praise,
        }
        for rule, judge in rules.items():
            if self.version.has(rule):
                judge()

    # -- what they share

    def _reached(self, at_ms: int) -> bool:
        self.result.instants.add(at_ms)
        return self.clock_ms >= at_ms

    def _day(self, at_ms: int) -> int:
        return self.policy.day_of(at_ms)

    def _alert(self, rule: str, about: tuple[str | int, ...], is_firing: bool, at_ms: int, severity: str = "") -> None:
        """`about`: instants are numbers of milliseconds; what is empty is left out."""
        words = [format_instant(word, self.policy.zone_ms) if isinstance(word, int) else word for word in about]
        holder = self.story.holder.unit if is_firing and self.story.holder else ""
        self.result.alert("/".join([rule, self.story.ticket_id, *filter(None, words)]), Alert(is_firing, severity or SEVERITIES.get(rule, "warning"), at_ms, holder))

    def _list(self, name: str, unit: str, day: int) -> None:
        if unit:
            self.result.worklists.add((name, unit, format_month(day), self.story.ticket_id))

    def _revisits_after(self, event: Event) -> list[Event]:
        return [revisit for revisit in self.story.events if revisit.type == "revisited" and revisit.key() > event.key()]

    # -- clocks

    def overdue(self) -> None:
        for leg in self.story.lead_legs():
            about = (leg.unit, leg.dispatched_at_ms)
            if leg.due_at_ms is not None:
                self._reached(leg.due_at_ms + 1)
            if leg.is_overdue(self.clock_ms):
                self._alert("overdue", about, leg.ended_at_ms is None, leg.due_at_ms + 1)
                self._list("overdue", leg.unit, self._day(leg.due_at_ms))
            elif leg.late_from_ms:
                self._alert("overdue", about, False, leg.late_from_ms[0])

    def due_warnings(self) -> None:
        for leg in self.story.lead_legs():
            if leg.due_at_ms is None or leg.due_at_ms <= leg.term_from_ms:
                continue
            length_ms = leg.due_at_ms - leg.term_from_ms
            for share in self.version.warning_shares:
                self._warn(leg, leg.term_from_ms + int(length_ms * share // 1), str(int(share * 10000)), "notice" if share < LATE_SHARE else "warning")
            if self.version.warning_before_ms:
                self._warn(leg, leg.due_at_ms - self.version.warning_before_ms, "before", "warning")

    def _warn(self, leg: Leg, wanted_ms: int, name: str, severity: str) -> None:
        if wanted_ms < leg.term_from_ms:
            return
        at_ms = self._in_working_hours(wanted_ms)
        if at_ms >= leg.due_at_ms:
            at_ms = wanted_ms
        if self._reached(at_ms) and leg.covers(at_ms):
            self._alert("due-warnings", (leg.unit, leg.dispatched_at_ms, name), leg.ended_at_ms is None and self.clock_ms <= leg.due_at_ms, at_ms,
                        severity)

    def _in_working_hours(self, at_ms: int) -> int:
        """The instant itself, or when they begin next."""
        day = self._day(at_ms)
        if self.policy.calendar.is_working(day):
            begin_ms, end_ms = (self.policy.start_of(day) + ms for ms in (self.version.office_from_ms, self.version.office_to_ms))
            if at_ms < end_ms:
                return max(at_ms, begin_ms)
        return self.policy.start_of(self.policy.calendar.next_working(day + 1)) + self.version.office_from_ms

    def escalation(self) -> None:
        level, free_from_ms = 0, None
        for start_ms, index in self._escalation_starts():
            if free_from_ms is not None and start_ms < free_from_ms or level == LEVELS_OF_SUPERVISION:
                continue
            stops = [span.from_ms for span in self.story.resolved_spans if (span.from_ms, span.index) >= (start_ms, index) and span.from_ms != span.until_ms]
            stop_ms = min(stops, default=None)
            for number in range(LEVELS_OF_SUPERVISION - level):
                at_ms = self._working_days_later(start_ms, number * self.version.escalation_days)
                if stop_ms is not None and at_ms >= stop_ms:
                    break
                if not self._reached(at_ms):
                    return
                level += 1
                self._escalate(level, at_ms)
            if stop_ms is None:
                return
            free_from_ms = stop_ms

    def _escalation_starts(self) -> list[tuple[int, int]]:
        """Instants, with the place among the events of a return that is one; -1 of a leg that went overdue."""
        starts = []
        for returned in self.story.lead_returns():
            at_ms = returned.event.at_ms
            said = [event.confirmed for event in self.story.events[:returned.index] if event.type == "dispatched" and event.confirmed is not None]
            if said and said[-1] and not self.story.is_resolved_at(at_ms) and self._holder_at(at_ms):
                starts.append((at_ms, returned.index))
        if self.version.escalation_overdue:
            for leg in self.story.lead_legs():
                late = [*leg.late_from_ms, *([leg.due_at_ms + 1] if leg.is_overdue(self.clock_ms) else [])]
                starts += [(at_ms, -1) for at_ms in (self._unresolved_from(max(late_ms, leg.dispatched_at_ms)) for late_ms in late) if at_ms is not None]
        return sorted(starts)

    def _unresolved_from(self, at_ms: int) -> int | None:
        for span in self.story.resolved_spans:
            if span.from_ms <= at_ms and span.until_ms is None:
                return None
            if span.from_ms <= at_ms < (span.until_ms or at_ms):
                at_ms = span.until_ms
        return at_ms

    def _working_days_later(self, at_ms: int, days: int) -> int:
        day = self._day(at_ms)
        return at_ms + self.policy.start_of(self.policy.calendar.add_working(day, days)) - self.policy.start_of(day)

    def _escalate(self, level: int, at_ms: int) -> None:
        is_over = any(span.from_ms > at_ms and span.from_ms != span.until_ms for span in self.story.resolved_spans)
        self._alert("escalation", (f"level-{level}",), not is_over, at_ms)
        wide = self.counting.of_leg(self.story, self._holder_at(at_ms), self._day(at_ms))
        self.counting.add(wide, self._day(at_ms), "escalated")
        self.counting.add(wide, self._day(at_ms), "points_taken", self.version.escalation_points * 10000)

    def _holder_at(self, at_ms: int) -> Leg | None:
        """Who holds the ticket then, or held it last."""
        held: tuple[int, int] | None = None
        holder = None
        for number, leg in enumerate(self.story.lead_legs()):
            for hold in leg.holds:
                if hold.covers(at_ms):
                    return leg
                if hold.until_ms is not None and hold.until_ms <= at_ms and (held is None or (hold.until_ms, number) >= held):
                    held, holder = (hold.until_ms, number), leg
        return holder

    def month_end(self) -> None:
        for leg in self.story.lead_legs():
            month = month_of(self._day(leg.dispatched_at_ms))
            while self._month_end_of(leg, month):
                month = next_month(month)

    def _month_end_of(self, leg: Leg, month: int) -> bool:
        """False when neither this month nor a later one has ended or is near its end."""
        end_ms = self.policy.start_of(next_month(month)) - 1
        if self._reached(end_ms + 1):
            if leg.covers(end_ms):
                self._list("month-end", leg.unit, month)
            return True
        if self._reached(self.policy.start_of(self._list_opens(month))) and leg.ended_at_ms is None:
            self._list("month-end", leg.unit, month)
        return False

    def _list_opens(self, month: int) -> int:
        """The last day of which so many working days of the month follow; the first of the month where there are fewer."""
        day, left = next_month(month) - 1, self.version.month_end_days
        while day > month:
            left -= self.policy.calendar.is_working(day)
            if not left:
                return day - 1
            day -= 1
        return month

    # -- returns and shirking

    def return_late(self) -> None:
        for event, _, leg in self.story.lead_returns():
            if leg and event.at_ms > return_limit_ms(self.story, leg):
                self._alert("return-late", (leg.unit, leg.dispatched_at_ms), not self.is_resolved, event.at_ms)

    def return_slip(self) -> None:
        for event, _, _ in self.story.lead_returns():
            cites = "《" in event.reason and "》" in event.reason.split("《", 1)[1]
            if not event.slip or (cites and not event.statute):
                self._alert("return-slip", (event.unit, event.at_ms), not self.is_resolved, event.at_ms)

    def circulated(self) -> None:
        units: list[str] = []
        for leg in self.story.lead_legs():
            if leg.unit not in units:
                units.append(leg.unit)
                if len(units) == self.version.circulated_units:
                    self._alert("circulated", (), not self.is_resolved, leg.dispatched_at_ms)

    def returned_often(self) -> None:
        seen: set[tuple[str, str]] = set()
        for count, (event, _, _) in enumerate(self.story.lead_returns(), 1):
            if self.version.returned_often_from <= count <= self.version.returned_often_to:
                self._alert("returned-often", (str(count),), not self.is_resolved, event.at_ms)
            if event.reason and (event.unit, event.reason) in seen:
                self._alert("returned-often", (event.unit, event.at_ms), not self.is_resolved, event.at_ms)
            seen.add((event.unit, event.reason))
            if count >= self.version.returned_often_from:
                self._list("returned-often", event.unit, self._day(event.at_ms))

    def shirked(self) -> None:
        for leg in self.story.lead_legs():
            resolution = self.story.resolution_of(leg)
            if resolution and resolution.is_shirked:
                self._alert("shirked", (leg.unit, leg.dispatched_at_ms), True, resolution.event.at_ms)
                self._list("shirked", leg.unit, self._day(resolution.event.at_ms))

    def ping_pong(self) -> None:
        stays: list[Leg] = []
        for leg in self.story.lead_legs():
            if not stays or stays[-1].unit != leg.unit:
                stays.append(leg)
                if len(stays) >= 3 and stays[-3].unit == leg.unit:
                    self._alert("ping-pong", (leg.unit, leg.dispatched_at_ms), not self.is_resolved, leg.dispatched_at_ms)

    # -- quality

    def _dissatisfied(self) -> tuple[Event, Resolution | None] | None:
        found = self.story.rating("satisfied")
        return found if found and found[0].satisfied is False else None

    def _low_star(self) -> tuple[Event, Resolution | None] | None:
        found = self.story.rating("stars")
        return found if found and found[0].stars <= self.version.low_stars else None

    def _about_rating(self, rule: str, found: tuple[Event, Resolution | None], at_ms: int) -> None:
        event, resolution = found
        self._alert(rule, (unit_of(resolution), event.at_ms), not self._revisits_after(event), at_ms)

    def _bad_rating(self, rule: str, found: tuple[Event, Resolution | None] | None) -> None:
        if found:
            self._about_rating(rule, found, found[0].at_ms)
            self._list(rule, unit_of(found[1]), self._day(found[0].at_ms))

    def dissatisfied(self) -> None:
        self._bad_rating("dissatisfied", self._dissatisfied())

    def low_star(self) -> None:
        self._bad_rating("low-star", self._low_star())

    def look_back(self) -> None:
        for found in filter(None, (self._dissatisfied(), self._low_star())):
            rating, resolution = found
            last_day = self.policy.calendar.add_working(self._day(rating.at_ms), self.version.look_back_days)
            late_from_ms = self.policy.start_of(last_day + 1)
            is_late = all(revisit.at_ms >= late_from_ms for revisit in self._revisits_after(rating))
            if self._reached(late_from_ms) and is_late:
                self._about_rating("look-back", found, late_from_ms)
                self._list("look-back", unit_of(resolution), self._day(rating.at_ms))

    def claim_conflict(self) -> None:
        found = self._dissatisfied()
        if found and found[1] and found[1].event.claims_satisfied:
            self._about_rating("claim-conflict", found, max(found[0].at_ms, found[1].event.at_ms))

    def revisit_invalid(self) -> None:
        for index, event in enumerate(self.story.events):
            if event.type == "revisited" and event.effective is False:
                unit = unit_of(self.story.rated_resolution(index))
                is_over = any(revisit.effective for revisit in self._revisits_after(event))
                self._alert("revisit-invalid", (unit, event.at_ms), not is_over, event.at_ms)
                self._list("revisit-invalid", unit, self._day(event.at_ms))

    def praise(self) -> None:
        found = self.story.rating("stars")
        if not found or not unit_of(found[1]) or found[0].stars < self.version.excellent_stars or self._dissatisfied() or self.story.received_at_ms is None:
            return
        rating, resolution = found
        if resolution.stands and resolution.event.at_ms - self.story.received_at_ms <= self.version.praise_within_ms:
            self._alert("praise", (resolution.unit, rating.at_ms), True, max(rating.at_ms, resolution.event.at_ms))


