"""stack.py - Redis, a broker and the consumers, as one thing that can be hurt."""

from __future__ import annotations

import json
import re
import signal
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import state
from case import GUARD_S, Case, Failure, Process, clean_environment, free_port, program, wait_until
from servers import DevBroker, Kafka, RedisServer

LOOK_S = 0.3


class Consumer:
    """One instance of hotline-tickets or hotline-units, through all its lives."""

    def __init__(self, stack: "Stack", name: str, number: int, *options: str) -> None:
        self.stack, self.name, self.label, self.options = stack, name, f"{name}-{number}", options
        self.admin_port = free_port()
        self.process: Process | None = None

    def start(self) -> None:
        if not (self.process and self.process.is_running()):
            self.process = self.stack.case.start(self.label, [program(self.name), *self.arguments()])

    def arguments(self) -> list[str]:
        return ["-b", self.stack.consumer_brokers or self.stack.broker.brokers, "-r", self.stack.consumer_redis or self.stack.redis.address, "--admin", f"127.0.0.1:{self.admin_port}", *self.stack.broker.consumer_options,
                *(["--clock", self.stack.clock] if self.name == "hotline-tickets" else []), *self.options]

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of the admin port; 0 when it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.admin_port}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as problem:
            return problem.code, problem.read().decode()
        except OSError:
            return 0, ""

    def is_ready(self) -> bool:
        if self.process and not self.process.is_running():
            raise Failure(f"{self.label} ended with {self.process.child.returncode}:\n{self.process.text()[-2000:]}")
        return self.get("/readyz")[0] == 200

    def metric(self, name: str) -> float:
        """Summed over its labels."""
        rows = re.findall(rf"^{name}(?:\{{.*\}})? (\S+)$", self.get("/metrics")[1], re.MULTILINE)
        return sum(float(row) for row in rows)

    def by_shard(self, name: str) -> dict[str, int]:
        return {shard: int(value) for shard, value in re.findall(rf'^{name}\{{shard="(.*)"\}} (\S+)$', self.get("/metrics")[1], re.MULTILINE)}


class Stack:
    def __init__(self, case: Case, broker: DevBroker | Kafka, clock: str = "event", policy: Path | None = None, name: str = "redis") -> None:
        self.case, self.broker, self.clock = case, broker, clock
        self.kafka = broker.client
        self.redis = RedisServer(case, name=name)
        self.consumer_brokers = self.consumer_redis = ""  # where consumers find them, when not at their own addresses
        self.consumers: list[Consumer] = []
        self.policy_options = ["--policy", str(policy)] if policy else []

    def add(self, name: str, *options: str) -> Consumer:
        number = sum(consumer.name == name for consumer in self.consumers)
        self.consumers.append(Consumer(self, name, number, *self.policy_options, *options))
        return self.consumers[-1]

    def start(self, has_to_be_ready: bool = True) -> None:
        for consumer in self.consumers:
            consumer.start()
        if has_to_be_ready:
            self.wait_ready()

    def wait_ready(self) -> None:
        for consumer in self.consumers:
            wait_until(f"{consumer.label} is ready", consumer.is_ready)

    def stop(self) -> None:
        for consumer in self.consumers:
            if consumer.process and consumer.process.is_running():
                code = consumer.process.stop()
                if code:
                    raise Failure(f"{consumer.label} ended with {code}:\n{consumer.process.text()[-2000:]}")
            consumer.process = None

    def settle(self, has_all_counters: bool = True) -> None:
        """Waits until everything that was sent is counted, summed and published; tells what is not."""
        deadline = time.monotonic() + GUARD_S
        while todo := self._unfinished(has_all_counters):
            for consumer in self.consumers:
                if consumer.process and not consumer.process.is_running():
                    raise Failure(f"{consumer.label} ended with {consumer.process.child.returncode}:\n{consumer.process.text()[-2000:]}")
            if time.monotonic() > deadline:
                raise Failure(f"not within {GUARD_S} s: " + json.dumps(todo, ensure_ascii=False, indent=1, default=str))

    def _unfinished(self, has_all_counters: bool) -> dict[str, Any]:
        """Looking costs time that the stack could have, so it rests as long as it looked."""
        start = time.monotonic()
        todo = self._unsettled() or state.unfinished(self.redis.client, self.kafka, has_all_counters)
        if todo:
            time.sleep(max(LOOK_S, time.monotonic() - start))
        return todo

    def _unsettled(self) -> dict[str, Any]:
        """Shards whose owner has something to do yet, such as to compare the alerts that were published with what Redis lost, by what the owners say themselves;
        without owners there is nobody to ask."""
        owners = [consumer for consumer in self.consumers if consumer.name == "hotline-tickets" and consumer.process]
        settled = {said for owner in owners for said in owner.by_shard("hotline_settled_commit").items()}
        heads = state.heads(self.redis.client) if owners else {}
        rest = {shard: int(head["commit"]) for shard, head in heads.items() if (shard, int(head["commit"])) not in settled}
        return {"commits that are not settled": rest} if rest else {}

    def replay(self, *arguments: str, text: str | None = None) -> dict[str, Any]:
        """Sends recorded events and returns the summary."""
        output = self.case.run(program("hotline-replay"), "-b", self.broker.brokers, "--format", "json", *arguments, text=text)
        return json.loads(output)

    def environment(self) -> dict[str, str]:
        policy = {"HOTLINE_POLICY": self.policy_options[1]} if self.policy_options else {}
        return clean_environment(HOTLINE_BROKERS=self.broker.brokers, HOTLINE_REDIS=self.redis.address, **policy)

    def hotline(self, *arguments: str) -> Any:
        """The operator's command, for programs."""
        return json.loads(self.case.run(program("hotline"), *arguments, "--format", "json", environment=self.environment()))

    def kill(self, takes_redis: bool) -> None:
        """kill -9 of every consumer; of Redis too, which comes back."""
        for consumer in self.consumers:
            assert consumer.process
            consumer.process.kill()
        if takes_redis:
            self.redis.kill()
            self.redis.start()

    def freeze(self, consumer: Consumer) -> None:
        assert consumer.process
        consumer.process.send(signal.SIGSTOP)

    def thaw(self, consumer: Consumer) -> None:
        assert consumer.process
        consumer.process.send(signal.SIGCONT)
