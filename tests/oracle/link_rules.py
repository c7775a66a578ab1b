"""link_rules.py - the rules that reach across tickets: repeated and crowd, as the headers of common/rules/repeated.c and crowd.c state them in full."""

from __future__ import annotations

from collections import defaultdict
from typing import Iterable

from counting import Counting
from policy import Policy
from result import Alert, Result
from story import Story

Link = tuple[str, ...]


def links_of(story: Story) -> list[Link]:
    """Its caller; its place together with its category. None of an invalid ticket, or of one that was never received."""
    if not story.is_valid or story.received_at_ms is None:
        return []
    links: list[Link] = [("caller", story.caller)] if story.caller else []
    return links + ([("place", story.place, story.category)] if story.place and story.category else [])


def order(story: Story) -> tuple[int, bytes]:
    return story.received_at_ms or 0, story.ticket_id.encode()


class LinkRules:
    """Judges all tickets together, at one clock."""

    def __init__(self, stories: Iterable[Story], policy: Policy, counting: Counting, result: Result) -> None:
        self.policy, self.counting, self.result = policy, counting, result
        self.stories = [story for story in stories if story.is_valid and story.received_at_ms is not None]
        self.linked: dict[Link, list[Story]] = defaultdict(list)
        for story in sorted(self.stories, key=order):
            for link in links_of(story):
                self.linked[link].append(story)

    def judge(self) -> None:
        for story in self.stories:
            if story.version.has("repeated"):
                self._repeated(story)
            if story.version.has("crowd"):
                self._crowd(story)

    def _before(self, story: Story, link: Link) -> list[Story]:
        return [other for other in self.linked[link] if order(other) < order(story)]

    def _alert(self, alert_id: str, story: Story) -> None:
        is_open = not story.is_settled() and not (story.is_answered_directly and not story.lead_legs())
        holder = story.holder.unit if is_open and story.holder else ""
        self.result.alert(alert_id, Alert(is_open, "warning", story.received_at_ms or 0, holder))

    # -- repeated

    def _repeated(self, story: Story) -> None:
        version = story.version
        numbers = [1 + sum(order(story)[0] - order(other)[0] <= version.repeated_within_ms for other in self._before(story, link)) for link in links_of(story)]
        if max(numbers, default=1) < 2:
            return
        legs = [leg for leg in story.lead_legs() if leg is story.latest]
        unit = legs[0].unit if legs and legs[0].ended_by in ("", "resolved") else ""
        self.counting.repeated(story, unit)
        if any(version.repeated_from <= number <= version.repeated_to for number in numbers):
            self._alert(f"repeated/{story.ticket_id}", story)

    # -- crowd

    def _callers(self, of: list[Story], until_ms: int, within_ms: int) -> int:
        return len({other.caller for other in of if other.caller and until_ms - order(other)[0] <= within_ms})

    def _crowd(self, story: Story) -> None:
        version = story.version
        if version.crowd_amount and story.amount >= version.crowd_amount:
            self._alert(f"crowd/{story.ticket_id}/amount", story)
        for link in links_of(story):
            before = self._before(story, link)
            if link[0] != "place" or not before:
                continue
            now = self._callers([*before, story], order(story)[0], version.crowd_within_ms)
            then = self._callers(before, order(before[-1])[0], version.crowd_within_ms)
            if now >= version.crowd_callers > then:
                self._alert(f"crowd/{story.ticket_id}/callers", story)
