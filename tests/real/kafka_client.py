"""kafka_client.py - Kafka by kcat: records out and in, byte by byte, and where partitions end."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any, Iterator, NamedTuple

from case import GUARD_S, Failure

MESSAGE_BYTES_MAX = 4 << 20


class Record(NamedTuple):
    partition: int
    offset: int
    at_ms: int
    key: bytes | None
    value: bytes
    headers: str

    def header(self, name: str) -> str:
        """Headers come as name=value,name=value; a value may hold commas."""
        match = re.search(rf"(?:^|,){name}=(.*?)(?=,(?:reason|error|topic|partition|offset)=|$)", self.headers)
        return match[1] if match else ""


class KafkaClient:
    def __init__(self, brokers: str) -> None:
        self.brokers = brokers

    def _kcat(self, *arguments: str, data: bytes | None = None) -> bytes:
        done = subprocess.run(["kcat", "-b", self.brokers, *arguments], input=data, capture_output=True, timeout=GUARD_S)
        if done.returncode:
            raise Failure(f"kcat {' '.join(arguments)}: exit {done.returncode}: {done.stderr.decode(errors='replace')}")
        return done.stdout

    def partition_count(self, topic: str) -> int:
        listing = json.loads(self._kcat("-L", "-J", "-t", topic))
        return len(listing["topics"][0]["partitions"])

    def ends(self, topic: str) -> dict[int, int]:
        """The next offset of every partition."""
        asked = [argument for partition in range(self.partition_count(topic)) for argument in ("-t", f"{topic}:{partition}:-1")]
        lines = self._kcat("-Q", *asked).decode().splitlines()
        return {int(match[1]): int(match[2]) for match in (re.fullmatch(r".* \[(\d+)\] offset (\d+)", line) for line in lines) if match}

    def each(self, topic: str) -> Iterator[Record]:
        """Everything that is in the topic now, each partition in its order. One record after the other, for topics that no memory would hold."""
        arguments = ["kcat", "-b", self.brokers, "-C", "-q", "-e", "-o", "beginning", "-t", topic, "-f", "%p %o %T %K %S\n%k%s\n%h\n"]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=1 << 20) as kcat:
            assert kcat.stdout and kcat.stderr
            while line := kcat.stdout.readline():
                partition, offset, at_ms, key_size, size = (int(part) for part in line.split())
                key = None if key_size < 0 else kcat.stdout.read(key_size)
                value = kcat.stdout.read(max(size, 0) + 1)[:-1]
                yield Record(partition, offset, at_ms, key, value, kcat.stdout.readline()[:-1].decode(errors="replace"))
            problem = kcat.stderr.read().decode(errors="replace")
        if kcat.returncode:
            raise Failure(f"{' '.join(arguments)}: exit {kcat.returncode}: {problem}")

    def records(self, topic: str) -> list[Record]:
        """Everything that is in the topic now, by partition and offset."""
        return sorted(self.each(topic), key=lambda record: (record.partition, record.offset))

    def produce(self, topic: str, key: str, value: bytes, folder: Path, *options: str) -> None:
        """One record; its partition is that of the key unless an option says otherwise."""
        if not value:  # kcat sends nothing for an empty file
            self._kcat("-P", "-t", topic, "-K", "|", "-Z", "-X", "topic.partitioner=murmur2_random", *options, data=f"{key}|\n".encode())
            return
        path = folder / "record"
        path.write_bytes(value)
        key_options = ["-k", key] if key else []
        self._kcat("-P", "-t", topic, *key_options, "-X", "topic.partitioner=murmur2_random", "-X", f"message.max.bytes={MESSAGE_BYTES_MAX}", *options, str(path))

    def last_by_id(self, topic: str, read: Any, name: str) -> dict[str, dict[str, Any]]:
        """What readers make of a topic: of each id the value with the greatest revision."""
        last: dict[str, dict[str, Any]] = {}
        for record in self.each(topic):
            value = read(record.value)
            if value["revision"] >= last.get(value[name], value)["revision"]:
                last[value[name]] = value
        return last
