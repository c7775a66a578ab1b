"""recorded.py - the recorded lifecycles of shared/data as events, by the mappings that its README states.

Times in both files carry no zone and are read as the city's local time.
"""

from __future__ import annotations

import csv
import datetime
import gzip
from pathlib import Path
from typing import Any

Row = dict[str, Any]
FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data"


def _local(text: str, pattern: str) -> str:
    return datetime.datetime.strptime(text, pattern).isoformat() + "+08:00"


def boston311() -> list[Row]:
    """One row a case: received, dispatched with its due time, resolved."""
    rows: list[Row] = []
    with open(FOLDER / "boston311" / "boston311_slim.csv", encoding="utf-8", newline="") as lines:
        for case in csv.DictReader(lines):
            def at(name: str) -> str:
                return _local(case[name], "%Y-%m-%d %H:%M:%S")
            ticket = {"ticket_id": case["CASE_ENQUIRY_ID"]}
            rows.append({**ticket, "at": at("OPEN_DT"), "seq": 1, "type": "received"})
            dispatched = {**ticket, "at": at("OPEN_DT"), "seq": 2, "type": "dispatched", "unit": case["Department"]}
            if case["TARGET_DT"]:
                dispatched["due_at"] = at("TARGET_DT")
            rows.append(dispatched)
            if case["CLOSED_DT"]:
                rows.append({**ticket, "at": at("CLOSED_DT"), "seq": 3, "type": "resolved", "unit": case["Department"]})
    return rows


class _Incident:
    """Follows one case through its updates."""

    def __init__(self, ticket_id: str) -> None:
        self.ticket_id, self.group, self.state, self.row = ticket_id, "", "", 0

    def event(self, position: int, at: str, type_: str, **fields: Any) -> Row:
        return {"ticket_id": self.ticket_id, "at": at, "seq": self.row * 10 + position, "type": type_, **fields}

    def update(self, row: dict[str, str]) -> list[Row]:
        """Position in the row: received, reopened, returned, dispatched, resolved. An unknown group ("?") changes nothing."""
        at, group, state = _local(row["sys_updated_at"], "%d/%m/%Y %H:%M"), row["assignment_group"], row["incident_state"]
        rows: list[Row] = []
        if not self.row:
            rows.append(self.event(0, _local(row["opened_at"], "%d/%m/%Y %H:%M"), "received"))
        if self.state in ("Resolved", "Closed") and state not in ("Resolved", "Closed"):
            rows.append(self.event(1, at, "revisited", reopen=True))
        if group not in ("?", self.group):
            if self.group:
                rows.append(self.event(2, at, "returned", unit=self.group))
            rows.append(self.event(3, at, "dispatched", unit=group))
            self.group = group
        if state == "Resolved" != self.state:
            rows.append(self.event(4, at, "resolved", **({"unit": self.group} if self.group else {})))
        self.state = state
        self.row += 1
        return rows


def uci_incident() -> list[Row]:
    """One row an update of a case, in file order."""
    rows: list[Row] = []
    incidents: dict[str, _Incident] = {}
    with gzip.open(FOLDER / "uci_incident" / "incident_first2000cases.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            rows += incidents.setdefault(row["number"], _Incident(row["number"])).update(row)
    return rows
