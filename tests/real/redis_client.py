"""redis_client.py - as much of a Redis client as the tests need: one connection, RESP2, answers as bytes, numbers and lists."""

from __future__ import annotations

import socket
from typing import Any


class RedisError(Exception):
    """Redis answered with an error, or it is away."""


class RedisClient:
    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None

    def __call__(self, *arguments: Any) -> Any:
        """One command. A broken connection is closed and reported; the next command opens another."""
        return self.pipeline([arguments])[0]

    def pipeline(self, commands: list[tuple[Any, ...]]) -> list[Any]:
        try:
            if not self.socket:
                self.socket = socket.create_connection(("127.0.0.1", self.port), 30)
                self.reader = self.socket.makefile("rb")
            self.socket.sendall(b"".join(self._packed(command) for command in commands))
            return [self._answer() for _ in commands]
        except OSError as problem:
            self.close()
            raise RedisError(f"Redis is away: {problem}") from None

    def close(self) -> None:
        if self.socket:
            self.reader.close()
            self.socket.close()
            self.socket = None

    @staticmethod
    def _packed(arguments: tuple[Any, ...]) -> bytes:
        parts = [argument if isinstance(argument, bytes) else str(argument).encode() for argument in arguments]
        return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)

    def _answer(self) -> Any:
        line = self.reader.readline()
        if not line.endswith(b"\r\n"):
            self.close()
            raise RedisError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            raise RedisError(rest.decode(errors="replace"))
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.reader.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if rest == b"-1" else [self._answer() for _ in range(int(rest))]
        raise RedisError(f"what is {line!r}?")

    def keys(self, pattern: str) -> list[str]:
        found, cursor = [], b"0"
        while True:
            cursor, keys = self("SCAN", cursor, "MATCH", pattern, "COUNT", 1000)
            found += [key.decode() for key in keys]
            if cursor == b"0":
                return sorted(set(found))

    def hashes(self, keys: list[str]) -> list[dict[bytes, bytes]]:
        """HGETALL of many keys."""
        flat: list[list[bytes]] = []
        for first in range(0, len(keys), 500):
            flat += self.pipeline([("HGETALL", key) for key in keys[first:first + 500]])
        return [dict(zip(answer[::2], answer[1::2])) for answer in flat]
