"""case.py - what every end-to-end test has: a temporary directory, processes of its own that end with it, waiting, checks that print both values."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any, Callable

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
GUARD_S = 300      # against hanging: nothing is judged by it
LOOK_AGAIN_S = 0.05
STOP_S = 30        # then a process that was asked to stop is killed, and that fails the test


class Skip(Exception):
    """Something that the test needs is missing; the reason is the message."""


class Failure(Exception):
    """Not as it should be."""


def program(name: str) -> str:
    """The path of one of ours, in the build directory that ctest names."""
    build = Path(os.environ.get("HOTLINE_BUILD", ROOT / "build" / "release"))
    for path in sorted(build.rglob(name)):
        if path.is_file() and os.access(path, os.X_OK) and "CMakeFiles" not in path.parts:
            return str(path)
    raise Skip(f"{name} is not built")


def need(*names: str) -> None:
    for name in names:
        if not shutil.which(name):
            raise Skip(f"{name} is not installed")


def free_port() -> int:
    """Below the range that the kernel hands out by itself, so that no outgoing connection takes it meanwhile, and claimed in the same place as by deploy/process.sh."""
    claims = Path(f"/tmp/hotline-ports-{os.getuid()}")
    claims.mkdir(mode=0o700, exist_ok=True)
    while True:
        port = 20000 + int.from_bytes(os.urandom(2), "big") % 12000
        try:
            (claims / str(port)).touch(exist_ok=False)
        except FileExistsError:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def clean_environment(**more: str) -> dict[str, str]:
    """Nothing of the caller's shell decides what our programs do."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_")}
    return {**kept, "LANG": "C.UTF-8", **more}


def wait_until(what: str, condition: Callable[[], Any], guard_s: float = GUARD_S) -> Any:
    """Asks until the answer is true, and returns it. For conditions that are asked, not sent."""
    deadline = time.monotonic() + guard_s
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise Failure(f"not within {guard_s} s: {what}")
        time.sleep(LOOK_AGAIN_S)


def check(what: str, wanted: Any, got: Any) -> None:
    if wanted != got:
        raise Failure(f"{what}\n  wanted {wanted!r}\n  got    {got!r}")


def check_in(what: str, wanted: str, text: str) -> None:
    if wanted not in text:
        raise Failure(f"{what}\n  wanted {wanted!r}\n  in     {text!r}")


def difference(wanted: dict[Any, Any], got: dict[Any, Any]) -> list[str]:
    """Every key that is not the same in both, with both values."""
    keys = sorted((key for key in wanted.keys() | got.keys() if wanted.get(key) != got.get(key)), key=str)
    return [f"{key}: wanted {wanted.get(key)!r}, got {got.get(key)!r}" for key in keys]


def check_same(what: str, wanted: dict[Any, Any], got: dict[Any, Any]) -> None:
    lines = difference(wanted, got)
    if lines:
        raise Failure(f"{what}: {len(lines)} of {len(wanted)} differ\n  " + "\n  ".join(lines[:20]))


class Process:
    """A child with its log. Its pid is ours until it is waited for, so a signal can reach nobody else."""

    def __init__(self, name: str, arguments: list[str], log: Path, environment: dict[str, str] | None = None, stdin: int | None = None) -> None:
        self.name, self.log = name, log
        with open(log, "ab") as out:
            self.log_start = out.tell()
            self.child = subprocess.Popen(arguments, stdin=stdin if stdin is not None else subprocess.DEVNULL, stdout=out, stderr=out,
                                          env=environment or clean_environment(), start_new_session=True)

    @property
    def pid(self) -> int:
        return self.child.pid

    def is_running(self) -> bool:
        return self.child.poll() is None

    def text(self) -> str:
        """What this process has logged, not those before it."""
        with open(self.log, "rb") as log:
            log.seek(self.log_start)
            return log.read().decode(errors="replace")

    def send(self, signal_number: int) -> None:
        if self.is_running():
            self.child.send_signal(signal_number)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        self.child.wait()

    def stop(self) -> int:
        """Asks it to stop, and returns its exit code."""
        self.send(signal.SIGTERM)
        try:
            return self.child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure(f"{self.name} did not stop within {STOP_S} s") from None

    def end(self) -> int:
        """Waits until it ends by itself."""
        try:
            return self.child.wait(GUARD_S)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} did not end:\n{self.text()}") from None

    def cpu_s(self) -> float:
        """Processor time of all its threads so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Case:
    """A test that is running."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = folder / "logs"
        self.logs.mkdir()
        self.processes: list[Process] = []
        self.at_exit: list[Callable[[], None]] = []

    def start(self, name: str, arguments: list[str], environment: dict[str, str] | None = None, stdin: int | None = None) -> Process:
        process = Process(name, arguments, self.logs / name, environment, stdin)
        self.processes.append(process)
        return process

    def run(self, *arguments: str, code: int = 0, text: str | None = None, environment: dict[str, str] | None = None, guard_s: float = GUARD_S) -> str:
        """Runs a command to its end and returns what it printed on stdout."""
        done = subprocess.run(arguments, input=text, capture_output=True, text=True, timeout=guard_s, env=environment or clean_environment())
        if done.returncode != code:
            raise Failure(f"{' '.join(arguments)}: exit {done.returncode}, wanted {code}\n{done.stderr[-2000:]}{done.stdout[-2000:]}")
        return done.stdout

    def say(self, text: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)

    def clean_up(self) -> None:
        for action in self.at_exit:
            action()
        for process in reversed(self.processes):
            if process.is_running():
                process.send(signal.SIGCONT)
                process.kill()

    def print_logs(self) -> None:
        for log in sorted(self.logs.iterdir()):
            lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
            print(f"--- {log.name}, the last of {len(lines)} lines", *lines[-25:], sep="\n")


def run_case(test: Callable[[Case], None]) -> None:
    """Runs the test and ends the program: 0, 1, or 77 for a skip. KEEP in the environment keeps the directory."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = Path(tempfile.mkdtemp(prefix="hotline-real."))
    case = Case(folder)
    code = 1
    try:
        test(case)
        code = 0
    except Skip as reason:
        print(f"SKIP: {reason}")
        code = 77
    except Failure as failure:
        case.print_logs()
        print(f"FAIL: {failure}")
    except Exception:  # a bug of the test: its logs help as well
        case.print_logs()
        traceback.print_exc()
    finally:
        case.clean_up()
        if os.environ.get("KEEP"):
            print(f"kept {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(code)
