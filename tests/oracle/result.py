"""result.py - what judging gives: counters, alerts and worklists, ready to be printed."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from days import format_day, format_month

Worklist = tuple[str, str, str, str]  # name, unit, month, ticket


class Alert(NamedTuple):
    """How an alert stands. The instant and the holder are 0 and empty where it is about a dimension."""
    is_firing: bool
    severity: str      # notice, warning, critical
    at_ms: int         # when what it tells of became true
    holder: str        # who holds the ticket while it fires

    def words(self) -> str:
        return " ".join(filter(None, ("firing" if self.is_firing else "resolved", self.severity, str(self.at_ms or ""), self.holder)))


class Result:
    def __init__(self) -> None:
        self.counters: Counter[tuple[str, int, str]] = Counter()   # dimension, day, name
        self.alerts: dict[str, Alert] = {}
        self.worklists: set[Worklist] = set()
        self.instants: set[int] = set()                            # at which something may change

    def alert(self, alert_id: str, alert: Alert) -> None:
        # Two legs that one instant gave to one unit share an id: firing goes before resolved, else the first one stays.
        held = self.alerts.get(alert_id)
        if not held or (alert.is_firing and not held.is_firing):
            self.alerts[alert_id] = alert

    def states(self) -> dict[str, str]:
        return {alert_id: "firing" if alert.is_firing else "resolved" for alert_id, alert in self.alerts.items()}

    def months(self) -> Counter[tuple[str, str, str]]:
        totals: Counter[tuple[str, str, str]] = Counter()
        for (dimension, day, name), value in self.counters.items():
            totals[dimension, format_month(day), name] += value
        return totals

    def lines(self, with_months: bool = False) -> list[str]:
        lines = [f"counter {dimension} {format_day(day)} {name} {format_value(name, value)}"
                 for (dimension, day, name), value in self.counters.items() if value]
        lines += [f"alert {alert_id} {alert.words()}" for alert_id, alert in self.alerts.items()]
        lines += [f"worklist {name} {unit} {month} {ticket}" for name, unit, month, ticket in self.worklists]
        if with_months:
            lines += [f"total {dimension} {month} {name} {format_value(name, value)}"
                      for (dimension, month, name), value in self.months().items() if value]
        return sorted(lines, key=str.encode)


def format_value(name: str, value: int) -> str:
    """Points are ten-thousandths, printed as a decimal without closing zeros."""
    if not name.startswith("points_"):
        return str(value)
    text = f"{value // 10000}.{value % 10000:04}".rstrip("0")
    return text.rstrip(".")
