"""month_rules.py - the rules about a dimension's month: floors, margin, tendency, and what is left near its end."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import comb

from days import date_of_day, format_month, month_of, next_month
from policy import Floor, Policy, Version
from result import Alert, Result

LATER_LOOKS = (("three", 3), ("one", 1))   # working days before the end of a month


def is_below(floor: Floor, good: int, cases: int) -> bool:
    """Watched, and missed."""
    return cases > 0 and cases >= floor.from_cases and Fraction(good, cases) < floor.limit


class MonthRules:
    """Judges every month that has counters, and the one after it, which looks back. What fires now is told; what has fired before is not known."""

    def __init__(self, policy: Policy, clock_ms: int, result: Result) -> None:
        self.policy, self.clock_ms, self.result = policy, clock_ms, result
        self.today = policy.day_of(clock_ms)
        self.by_dimension: dict[str, Counter[tuple[int, str]]] = {}
        for (dimension, day, name), value in result.counters.items():
            self.by_dimension.setdefault(dimension, Counter())[day, name] += value

    def judge(self) -> None:
        counted = {(dimension, month_of(day)) for dimension, day, _ in self.result.counters}
        following = {(dimension, next_month(month)) for dimension, month in counted}
        for dimension, month in sorted(counted | following):
            parts = dimension.split("/")
            if month > self.today or "channel" in parts or "level" in parts:
                continue
            version = self.policy.version_at(month)
            if parts[0] == "unit":
                self._judge_unit(dimension, month, version)
            if parts[0] in ("unit", "category") and version.has("tendency"):
                self._tendency(dimension, month, version)

    def _judge_unit(self, dimension: str, month: int, version: Version) -> None:
        if version.has("floors"):
            self._floors(dimension, month, version)
        if version.has("margin") and self._runs(month):
            self._margin(dimension, month, version)
        if version.has("month-end"):
            self._month_end(dimension, month, version)

    def _runs(self, month: int) -> bool:
        return self.today < next_month(month)

    def _fire(self, rule: str, dimension: str, month: int, about: str, severity: str) -> None:
        self.result.alert(f"{rule}/{dimension}/{format_month(month)}/{about}", Alert(True, severity, 0, ""))

    def _sum(self, dimension: str, name: str, first: int, last: int) -> int:
        """Over the days from first to last, both included."""
        return sum(self.by_dimension[dimension][day, name] for day in range(first, last + 1))

    def _total(self, dimension: str, month: int, name: str) -> int:
        return self._sum(dimension, name, month, next_month(month) - 1)

    # -- floors and how far they are

    def _floors(self, dimension: str, month: int, version: Version) -> None:
        satisfied, dissatisfied, on_time, overdue, completed, open_overdue, dispatched = (
            self._total(dimension, month, name)
            for name in ("satisfied", "dissatisfied", "resolved_on_time", "overdue", "completed", "open_overdue", "dispatched"))
        due = completed + open_overdue if self._runs(month) else dispatched
        for rate, floor, good, cases in (("satisfaction", version.satisfaction, satisfied, satisfied + dissatisfied),
                                         ("on_time", version.on_time, on_time, on_time + overdue), ("completion", version.completion, completed, due)):
            if is_below(floor, good, cases):
                self._fire("floors", dimension, month, rate, "warning")

    def _margin(self, dimension: str, month: int, version: Version) -> None:
        satisfied, dissatisfied = (self._total(dimension, month, name) for name in ("satisfied", "dissatisfied"))
        cases = satisfied + dissatisfied
        if not cases or is_below(version.satisfaction, satisfied, cases):
            return
        if any(is_below(version.satisfaction, satisfied, cases + more) for more in range(1, version.margin_tickets + 1)):
            self._fire("margin", dimension, month, "satisfaction", "notice")

    # -- what is left of a unit

    def _month_end(self, dimension: str, month: int, version: Version) -> None:
        """One look at a time: each begins with its day and gives way to the next one."""
        last = next_month(month) - 1
        self.result.instants.add(self.policy.start_of(last + 1))
        looks = [(name, self._day_before(last, days)) for name, days in (("first", version.month_end_days), *LATER_LOOKS)
                 if name == "first" or days < version.month_end_days] + [("end", last + 1)]
        begun = [name for name, day in looks if day <= self.today]
        left = sum(self._total(dimension, held, "dispatched") - self._total(dimension, held, "completed") for held in (month_of(month - 1), month))
        if begun and left > 0:
            self._fire("month-end", dimension, month, begun[-1], "warning" if begun[-1] == "end" else "notice")

    def _day_before(self, last: int, working_days: int) -> int:
        """The last day after which so many working days are left."""
        day = last
        while working_days:
            working_days -= self.policy.calendar.is_working(day)
            day -= 1
        return day

    # -- far above its own past

    def _tendency(self, dimension: str, month: int, version: Version) -> None:
        intake = "dispatched" if dimension.startswith("unit/") else "received"
        monday = month - date_of_day(month).weekday()
        while monday < next_month(month):
            last = min(monday + 6, next_month(month) - 1)
            for name, counter in (("intake", intake), ("dissatisfied", "dissatisfied")):
                if self._is_far_above(dimension, counter, monday, last, version):
                    self._fire("tendency", dimension, month, f"{name}-{last - month + 1:02}", "warning")
            monday += 7

    def _is_far_above(self, dimension: str, counter: str, monday: int, last: int, version: Version) -> bool:
        count = self._sum(dimension, counter, monday, last)
        total = count + self._sum(dimension, counter, monday - 21, monday - 1)
        has_past = any(value and monday - 21 <= day < monday - 14 for (day, _), value in self.by_dimension[dimension].items())
        return has_past and count >= version.tendency_from and 4 * count > total and chance_of(count, total) <= version.tendency_chance


def chance_of(count: int, total: int) -> Fraction:
    """That so many or more of the tickets of four weeks lie in the last one."""
    return Fraction(sum(comb(total, more) * 3 ** (total - more) for more in range(count, total + 1)), 4 ** total)
