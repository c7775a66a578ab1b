"""servers.py - Redis, the embedded broker and a real Kafka, each the test's own: free ports, its own directory, stopped by pid."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from case import ROOT, Case, Failure, Process, Skip, clean_environment, free_port, need, program, wait_until
from kafka_client import KafkaClient
from redis_client import RedisClient, RedisError

READY_S = 90


class RedisServer:
    def __init__(self, case: Case, *options: str, name: str = "redis") -> None:
        need("redis-server")
        self.case, self.name, self.options = case, name, options
        self.folder = case.folder / name
        self.folder.mkdir()
        self.config = shutil.copy(ROOT / "deploy" / "redis" / "redis.conf", self.folder)  # a Sentinel lets Redis write into its own
        self.port = free_port()
        self.client = RedisClient(self.port)
        self.process: Process
        self.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        self.case.run(str(ROOT / "deploy" / "redis" / "mend"), str(self.folder))
        # A rewrite would begin another file, and the tests cut the end of this one.
        self.process = self.case.start(self.name, ["redis-server", str(self.config), "--port", str(self.port),
                                                   "--dir", str(self.folder), "--auto-aof-rewrite-percentage", "0", *self.options])
        wait_until("redis-server answers", self._answers, READY_S)

    def _answers(self) -> bool:
        if not self.process.is_running():
            raise Failure(f"redis-server ended:\n{self.process.text()}")
        try:
            return bool(self.client("PING") == "PONG")
        except RedisError:
            return False

    def kill(self) -> None:
        self.client.close()
        self.process.kill()

    def log_file(self) -> Path:
        """The append-only file that is written to."""
        return max(self.folder.glob("appendonlydir/*.incr.aof"), key=lambda path: int(path.name.split(".")[-3]))

    def forget_since(self, size: int) -> int:
        """While it is down: cuts off what was appended behind `size` bytes; returns how many bytes that were."""
        path = self.log_file()
        lost = path.stat().st_size - size
        with open(path, "r+b") as log:
            log.truncate(size)
        return lost


class DevBroker:
    is_real = False
    # It lets a group wait for session.timeout.ms less one second whenever somebody joins.
    consumer_options = ["-X", "session.timeout.ms=4000", "-X", "heartbeat.interval.ms=1000"]
    session_s = 4.0

    def __init__(self, case: Case, *options: str, name: str = "devbroker") -> None:
        need("kcat")
        port_file = case.folder / f"{name}.address"
        self.process = case.start(name, [program("devbroker"), "--port-file", str(port_file), "--commands", *options], stdin=subprocess.PIPE)
        wait_until("devbroker is ready", lambda: port_file.exists() and port_file.read_text(encoding="utf-8").strip(), READY_S)
        self.brokers = port_file.read_text(encoding="utf-8").strip()
        self.client = KafkaClient(self.brokers)

    def fail(self, api: int, *codes: int) -> None:
        """The next requests of this API, whoever sends them, are answered with these error codes; see deploy/devbroker/commands.h."""
        answer = self._command(f"fail {api} {' '.join(map(str, codes))}")
        if answer != "ok":
            raise Failure(f"devbroker does not fail API {api}: {answer}")

    def spoil_topic(self, topic: str, code: int) -> None:
        """What Metadata says of this topic from now on; 0 is that it is well."""
        answer = self._command(f"topic {topic} {code}")
        if answer != "ok":
            raise Failure(f"devbroker does not spoil {topic}: {answer}")

    def left(self, api: int) -> int:
        """How many of them nobody has been given yet."""
        return int(self._command(f"left {api}"))

    def _command(self, line: str) -> str:
        answers = len(self._answers())
        stdin = self.process.child.stdin
        assert stdin
        stdin.write(line.encode() + b"\n")
        stdin.flush()
        return wait_until(f"devbroker answers {line}", lambda: self._answers()[answers:])[0]

    def _answers(self) -> list[str]:
        return re.findall(r"^(ok|\d+|error: .*)\n", self.process.text(), re.MULTILINE)


class Kafka:
    is_real = True
    # The least that a broker takes as it is shipped.
    consumer_options = ["-X", "session.timeout.ms=6000", "-X", "heartbeat.interval.ms=1000"]
    session_s = 6.0

    def __init__(self, case: Case, *topic_options: str, name: str = "kafka") -> None:
        need("java", "mvn", "kcat")
        if subprocess.run([str(ROOT / "deploy" / "kafka" / "build")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode:
            raise Skip("Kafka's jars could not be fetched")
        self.case, self.name = case, name
        self.folder = case.folder / name
        self.port, self.controller_port = free_port(), free_port()
        self.brokers = f"127.0.0.1:{self.port}"
        self.client = KafkaClient(self.brokers)
        case.at_exit.append(self.kill)
        self.start()
        case.run(program("hotline-topics"), "-b", self.brokers, *topic_options)

    def start(self) -> None:
        self.case.run(str(ROOT / "deploy" / "kafka" / "start"), str(self.folder), str(self.port), str(self.controller_port),
                      environment=clean_environment(KAFKA_HEAP="512m"))

    def kill(self) -> None:
        """By the pid file, which holds the instant of the start as well."""
        pid_file = self.folder / "broker.pid"
        if pid_file.exists():
            script = f'. "{ROOT}/deploy/process.sh"; if pid=$(pid_of "$1"); then kill -9 "$pid"; while pid_of "$1" > /dev/null; do sleep 0.05; done; fi'
            subprocess.run(["bash", "-c", script, "bash", str(pid_file)], check=True)

    def tool(self, name: str, *arguments: str, code: int = 0) -> str:
        """A class of Kafka's own tools."""
        return self.case.run("java", "-cp", f"{ROOT}/deploy/kafka/lib/*", f"-Dlog4j2.configurationFile={ROOT}/deploy/kafka/log4j2.properties", name,
                             "--bootstrap-server", self.brokers, *arguments, code=code)

