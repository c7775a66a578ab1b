"""wire.py - hotline.v1 by hand: enough of protobuf to read alerts and counters and to write events, good and bad."""

from __future__ import annotations

from typing import Any, Iterator

STATES = ("", "firing", "resolved", "retracted")
TYPES = {"received": 1, "dispatched": 2, "returned": 3, "resolved": 4, "rated": 5, "revisited": 6}


def varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7f:
        out.append(value & 0x7f | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7f) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def field(number: int, value: int | bytes | str) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Number and value, as they come; only the two wire types that hotline.v1 has."""
    at, end = 0, len(data)
    while at < end:  # most numbers have one byte; topics have millions of records
        tag, value, at = data[at], data[at + 1], at + 2
        if tag >= 0x80:
            tag, at = read_varint(data, at - 2)
            value, at = read_varint(data, at)
        elif value >= 0x80:
            value, at = read_varint(data, at - 1)
        if tag & 7 == 2:
            at += value
            yield tag >> 3, data[at - value:at]
        else:
            yield tag >> 3, value


def number(data: bytes, field_number: int) -> int:
    """One field of a message, without reading the others."""
    return next((value for found, value in fields(data) if found == field_number), 0)


def read_alert(data: bytes) -> dict[str, Any]:
    names = {1: "id", 2: "rule", 3: "ticket_id", 4: "unit", 5: "at_ms", 6: "state", 8: "dimension", 13: "revision"}
    alert: dict[str, Any] = {"ticket_id": "", "unit": "", "state": 0}
    for number, value in fields(data):
        if number in names:
            alert[names[number]] = value.decode() if isinstance(value, bytes) else value
    alert["state"] = STATES[alert["state"]]
    return alert


def read_unit_counters(data: bytes) -> dict[str, Any]:
    out: dict[str, Any] = {"counters": {}, "revision": 0}
    for number, value in fields(data):
        if number == 3:
            counter = dict(fields(value))
            out["counters"][counter[1].decode()] = counter.get(2, 0)
        else:
            out[{1: "dimension", 2: "day", 4: "revision"}[number]] = value.decode() if isinstance(value, bytes) else value
    return out


def ticket_event(ticket_id: str | bytes, at_ms: int, type_: str | int, **more: Any) -> bytes:
    """more: unit, due_at_ms."""
    out = field(1, ticket_id) + field(2, at_ms) + field(3, TYPES[type_] if isinstance(type_, str) else type_)
    if "unit" in more:
        out += field(4, more["unit"])
    if "due_at_ms" in more:
        out += field(8, more["due_at_ms"])
    return out
