"""unit_rules.py - the rules about a unit's month: duty and its letter."""

from __future__ import annotations

from typing import NamedTuple

from counting import Counting
from days import format_month, month_of, next_month
from events import Event
from policy import Policy
from result import Alert, Result


class Missed(NamedTuple):
    day: int
    at_ms: int


class UnitRules:
    """Judges a unit's months from the one of `from_day` to the clock's."""

    def __init__(self, unit: str, events: list[Event], policy: Policy, clock_ms: int, counting: Counting, result: Result) -> None:
        self.unit, self.policy, self.clock_ms, self.counting, self.result = unit, policy, clock_ms, counting, result
        self.log_ins = [event.at_ms for event in events if event.type == "logged_in"]

    def judge(self, from_day: int) -> None:
        month, last = month_of(from_day), self.policy.day_of(self.clock_ms)
        while month <= last:
            self._judge_month(month)
            month = next_month(month)

    def _judge_month(self, month: int) -> None:
        days = self._missed(month)
        self._duty([missed for missed in days if self._has(missed, "duty")])
        self._letter([missed for missed in days if self._has(missed, "duty-letter")])

    def _has(self, missed: Missed, rule: str) -> bool:
        return self.policy.version_at(missed.day).has(rule)

    def _missed(self, month: int) -> list[Missed]:
        found = []
        for day in range(month, next_month(month)):
            person = self.policy.person(self.unit, day)
            if not person or not person.has_duty or not self.policy.calendar.is_working(day):
                continue
            limit_ms = self.policy.start_of(day) + self.policy.version_at(day).duty_by_ms
            self.result.instants.add(limit_ms)
            if self.clock_ms >= limit_ms and not any(self.policy.start_of(day) <= at_ms <= limit_ms for at_ms in self.log_ins):
                found.append(Missed(day, limit_ms))
        return found

    def _alert(self, rule: str, month: int, about: str, is_firing: bool, at_ms: int, severity: str) -> None:
        self.result.alert(f"{rule}/{self.unit}/{format_month(month)}/{about}", Alert(is_firing, severity, at_ms, self.unit))

    def _duty(self, days: list[Missed]) -> None:
        for day, at_ms in days:
            month = month_of(day)
            self.counting.add(self.counting.at_unit(self.unit, day), day, "duty_missed")
            end_ms = self.policy.start_of(next_month(month))
            is_back = any(at_ms < log_in_ms < end_ms for log_in_ms in self.log_ins)
            self._alert("duty", month, f"{day - month + 1:02}", not is_back, at_ms, "warning")

    def _letter(self, days: list[Missed]) -> None:
        told: set[str] = set()
        for count, (day, at_ms) in enumerate(days, 1):
            over = self.policy.version_at(day).duty_letter_over
            for name, is_so in (("warning", count >= over), ("letter", count > over)):
                if is_so and name not in told:
                    told.add(name)
                    self._alert("duty-letter", month_of(day), name, True, at_ms, "critical" if name == "letter" else "warning")
