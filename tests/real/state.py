"""state.py - what a stack holds: heads, partial and running counters, outboxes, alerts; read from Redis and Kafka as anybody could, and compared."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import wire
from case import difference
from kafka_client import KafkaClient
from redis_client import RedisClient

COUNTERS = ("received valid answered_directly dispatched completed assisted returned returned_late resolved same_day resolved_on_time overdue rated satisfied "
            "dissatisfied stars_0 stars_1 stars_2 stars_3 stars_4 stars_5 praised revisited revisited_effective reopened shirked escalated repeated calls_offered "
            "calls_answered knowledge_updates points_added points_taken duty_missed open_overdue").split()
CHANNELS, LEVELS = ("", "phone", "network"), ("", "province", "city", "district")
INPUTS = {"tickets": "hotline.ticket-events", "unit-events": "hotline.unit-events", "links": "hotline.links"}

Key = tuple[str, str, str]  # dimension, day or month, counter


def heads(redis: RedisClient) -> dict[str, dict[str, str]]:
    """By shard, such as tickets.3."""
    found = {}
    for key in redis.keys("hotline:{*}:head"):
        text = (redis("GET", key) or b"").decode()
        found[key.split("{")[1].split("}")[0]] = dict(pair.split("=", 1) for pair in text.split())
    return found


def lag(redis: RedisClient, kafka: KafkaClient) -> dict[str, tuple[int, int]]:
    """Shards that are not at the end of their partition: where they are, and where that is. Empty when all events are taken in."""
    found = heads(redis)
    behind = {}
    for shard, topic in INPUTS.items():
        for partition, end in kafka.ends(topic).items():
            offset = int(found.get(f"{shard}.{partition}", {}).get("offset", -2))
            if offset != end and not (end == 0 and offset < 0):
                behind[f"{shard}.{partition}"] = (offset, end)
    return behind


def months(redis: RedisClient) -> dict[Key, int]:
    """The public hashes: dimension, month, counter."""
    keys = [key for key in redis.keys("hotline:{*}:????-??") if ":n:" not in key]
    return {(dimension_of(key), key[-7:], name.decode()): int(value) for key, row in zip(keys, redis.hashes(keys)) for name, value in row.items()}


def dimension_of(key: str) -> str:
    return key.split("{", 1)[1].split("}", 1)[0]


def unpack(data: bytes, at: int) -> tuple[dict[str, int], int]:
    """A mask of what is not zero, then each as a varint."""
    mask, at = wire.read_varint(data, at)
    values = {}
    for index, name in enumerate(COUNTERS):
        if mask >> index & 1:
            values[name], at = wire.read_varint(data, at)
    return values, at


def days(redis: RedisClient) -> dict[Key, int]:
    """The day hashes: dimension, day, counter."""
    keys = redis.keys("hotline:{*}:????-??:days")
    found: dict[Key, int] = {}
    for key, row in zip(keys, redis.hashes(keys)):
        for day, packed in row.items():
            if packed:
                for name, value in unpack(packed, 0)[0].items():
                    found[dimension_of(key), f"{key[-12:-5]}-{day.decode()}", name] = value
    return found


def partials(redis: RedisClient) -> dict[Key, int]:
    """What the shards hold, summed: dimension, day, counter. Derived dimensions included."""
    keys = redis.keys("hotline:{*}:n:*")
    sums: Counter[Key] = Counter()
    for key, row in zip(keys, redis.hashes(keys)):
        dimension, month = key.split("}:n:", 1)[1].rsplit(":", 1)
        for day, data in row.items():
            add_day(sums, dimension, f"{month}-{day.decode()}", data)
    return {key: value for key, value in sums.items() if value}


def add_day(sums: Counter[Key], dimension: str, day: str, data: bytes) -> None:
    at = 0
    while at < len(data):
        sub = data[at]
        values, at = unpack(data, at + 1)
        for name, value in values.items():
            for part in parts_of(dimension, CHANNELS[sub // len(LEVELS)], LEVELS[sub % len(LEVELS)]):
                sums[part, day, name] += value


def parts_of(dimension: str, channel: str, level: str) -> list[str]:
    """A category derives nothing."""
    parts = [dimension]
    if not dimension.startswith("category/"):
        parts += [f"{dimension}/channel/{channel}"] if channel else []
        parts += [f"{dimension}/level/{level}"] if level else []
    return parts


def by_month(by_day: dict[Key, int]) -> dict[Key, int]:
    sums: Counter[Key] = Counter()
    for (dimension, day, name), value in by_day.items():
        sums[dimension, day[:7], name] += value
    return dict(sums)


def outboxes(redis: RedisClient) -> dict[str, int]:
    """Those that hold something."""
    return {key: size for key in redis.keys("hotline:{*}:outbox") if (size := redis("LLEN", key))}


def published(kafka: KafkaClient) -> dict[Key, int]:
    """The last values in hotline.unit-counters. Only those are read whole: each is published many times."""
    last: dict[bytes | None, tuple[int, bytes]] = {}
    for record in kafka.each("hotline.unit-counters"):
        revision = wire.number(record.value, 4)
        if revision >= last.get(record.key, (0,))[0]:
            last[record.key] = revision, record.value
    return {(row["dimension"], row["day"], name): value for row in (wire.read_unit_counters(value) for _, value in last.values())
            for name, value in row["counters"].items() if value}


def alerts(kafka: KafkaClient) -> dict[str, str]:
    """The last state of every alert that holds: retracted is as good as absent, and what is over of a dimension's month as well, for whether it ever fired depends
    on the order of arrival."""
    last = kafka.last_by_id("hotline.alerts", wire.read_alert, "id")
    return {id_: alert["state"] for id_, alert in sorted(last.items()) if not is_gone(alert["rule"], alert["state"])}


def is_gone(rule: str, state: str) -> bool:
    return state == "retracted" or (rule in ("floors", "margin", "tendency", "month-end") and state == "resolved")


def told(counters: dict[Key, int]) -> dict[Key, int]:
    """Without what only the rules count, which neither the oracle nor the simulator knows; escalation takes points."""
    return {key: value for key, value in counters.items() if key[2] not in ("escalated", "repeated", "duty_missed", "points_taken")}


def is_base(dimension: str) -> bool:
    """Not one that is counted apart by channel or level."""
    return not re.search(r"/(channel|level)/[^/]*$", dimension) or dimension.startswith("category/")


def sums_by_dimension(by_month_: dict[Key, int], prefix: str, names: tuple[str, ...]) -> dict[str, dict[str, int]]:
    """Base dimensions that begin so, over all months."""
    sums: dict[str, dict[str, int]] = {}
    for (dimension, _, name), value in by_month_.items():
        if dimension.startswith(prefix) and name in names and is_base(dimension):
            row = sums.setdefault(dimension, dict.fromkeys(names, 0))
            row[name] += value
    return sums


def unfinished(redis: RedisClient, kafka: KafkaClient, has_all_counters: bool = True) -> dict[str, Any]:
    """What is still to be done, by its name; empty when everything that was sent is counted, summed and published."""
    todo: dict[str, Any] = {"lag": lag(redis, kafka)}
    if not todo["lag"]:
        by_day = partials(redis)
        todo["outboxes"] = outboxes(redis)
        todo["totals"] = _some_difference(by_month(by_day), months(redis))
        todo["days"] = _some_difference(by_day, days(redis))
        if has_all_counters and not any(todo.values()):
            todo["published"] = _some_difference(by_day, published(kafka))
    return {name: rest for name, rest in todo.items() if rest}


def _some_difference(wanted: dict[Any, Any], got: dict[Any, Any]) -> list[str]:
    return difference(wanted, got)[:10]
