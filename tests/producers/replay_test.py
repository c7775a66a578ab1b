#!/usr/bin/env python3
"""replay_test.py REPLAY DEVBROKER - a replay into a broker: every event once, by key, and a clock mark in every partition of both input topics.

Exit status 77 is a skip, with its reason.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

REPLAY, DEVBROKER = sys.argv[1], sys.argv[2]
LINES = [
    {"ticket_id": str(8213600 + i), "at": f"2024-03-05T09:{i % 60:02}:00+08:00", "type": "received", "level": "city"} for i in range(200)
] + [{"unit": "xlt-zhujian", "at": "2024-03-05T08:31:00+08:00", "type": "logged_in"}]
NEWEST_MS = 1709603940000  # 2024-03-05T09:59:00+08:00


def replay(*options: str, text: str, code: int = 0) -> subprocess.CompletedProcess:
    done = subprocess.run([REPLAY, *options, "-"], input=text, capture_output=True, text=True)
    assert done.returncode == code, f"{options}: exit {done.returncode}, wanted {code}: {done.stderr}"
    return done


def consume(brokers: str, topic: str) -> list[dict]:
    """Values are protobuf, of which only the size is looked at."""
    command = ["kcat", "-C", "-b", brokers, "-t", topic, "-e", "-q", "-f", "%k|%K|%S|%p|%o|%T|%h\\n"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    names = ("key", "key_size", "size", "partition", "offset", "at_ms", "header")
    return [{name: part if name in ("key", "header") else int(part) for name, part in zip(names, line.split("|"))} for line in lines]


def partition_count(brokers: str, topic: str) -> int:
    listing = json.loads(subprocess.run(["kcat", "-L", "-J", "-b", brokers], check=True, capture_output=True, text=True).stdout)
    return next(len(entry["partitions"]) for entry in listing["topics"] if entry["topic"] == topic)


def check_topic(brokers: str, topic: str, keys: Counter, clocks_ms: list[int]) -> None:
    records = consume(brokers, topic)
    events = [record for record in records if not record["header"]]
    marks = [record for record in records if record["header"]]
    assert Counter(record["key"] for record in events) == keys, f"{topic}: other keys than were sent"
    assert all(abs(record["at_ms"] / 1000 - time.time()) < 60 for record in records), f"{topic}: timestamps are not those of sending"
    wanted = Counter((partition, f"hotline-clock-mark={clock_ms}") for partition in range(partition_count(brokers, topic)) for clock_ms in clocks_ms)
    assert Counter((mark["partition"], mark["header"]) for mark in marks) == wanted, f"{topic}: clock marks are {marks}, wanted {wanted}"
    assert all(mark["key_size"] == -1 and mark["size"] == 0 for mark in marks)
    last = {record["partition"]: record for record in sorted(records, key=lambda record: record["offset"])}  # kcat prints the partitions in any order
    assert all(record["header"] for record in last.values()), f"{topic}: something lies behind the last mark"


def check_broker(brokers: str) -> None:
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in LINES)
    summary = json.loads(replay("-b", brokers, "--format", "json", text=text).stdout)
    assert summary["sent"] == 201 and summary["types"] == {"received": 200, "logged_in": 1} and summary["skipped"] == 0, summary
    keys = Counter(line["ticket_id"] for line in LINES if "ticket_id" in line)
    check_topic(brokers, "hotline.ticket-events", keys, [NEWEST_MS])
    check_topic(brokers, "hotline.unit-events", Counter(["xlt-zhujian"]), [NEWEST_MS])
    replay("-b", brokers, "--no-marks", text=text)
    replay("-b", brokers, "--shuffle", "3", "--clock-to", "2024-03-31", text=text)
    check_topic(brokers, "hotline.ticket-events", keys + keys + keys, [NEWEST_MS, 1711900799999])


def run_at_terminal(*command: str) -> bytes:
    """What a terminal gets to see."""
    screen, terminal = os.openpty()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=terminal)
    os.close(terminal)
    seen = b""
    try:
        while more := os.read(screen, 4096):
            seen += more
    except OSError:  # how the end of a terminal reads
        pass
    os.close(screen)
    return seen


def check_pace(brokers: str, folder: Path) -> None:
    """Two minutes of event time at sixty times the speed are two seconds. Meanwhile a terminal sees a bar, which is gone in the end."""
    recording = folder / "pace.jsonl"
    recording.write_text("".join(json.dumps(LINES[i]) + "\n" for i in (0, 1, 2)))
    start = time.monotonic()
    seen = run_at_terminal(REPLAY, "-b", brokers, "--speed", "60x", "--no-marks", str(recording))
    assert time.monotonic() - start > 1.9, "the speed was not kept"
    bars = re.findall(rb"\r\[#*\.*\] +\d+ %  [0-3] events, \d+/s\x1b\[K", seen)
    assert bars and all(bar.count(b"#") + bar.count(b".") == 40 for bar in bars), f"no bar: {seen}"
    assert seen.rindex(b"\r\x1b[K") > seen.rindex(b"\r["), f"the bar stays: {seen}"


def check_bad_lines() -> None:
    text = json.dumps(LINES[0]) + "\n{\"type\":\"rated\"}\nnonsense\n\n" + json.dumps(LINES[1]) + "\n"
    done = replay("--dry-run", text=text)
    assert done.stdout.count("\n") == 2, done.stdout
    assert "standard input:2: at is missing" in done.stderr and "standard input:3: column " in done.stderr, done.stderr
    assert "skipped 2: bad_field 1, bad_json 1" in done.stderr, done.stderr
    assert "standard input:3" not in replay("--dry-run", "--list", "1", text=text).stderr
    replay("--dry-run", "--strict", text=text, code=1)
    replay("--dry-run", "--speed", "fast", text=text, code=2)
    replay("--dry-run", "--mapping", "no-such-mapping", text=text, code=78)
    assert replay("--dry-run", "--mapping", "boston311", text="CASE_ENQUIRY_ID\n1\n", code=78).stderr.count("has no column") == 1


def main() -> int:
    check_bad_lines()
    if not shutil.which("kcat"):
        print("skipped: there is no kcat")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        port_file = Path(folder) / "addr"
        broker = subprocess.Popen([DEVBROKER, "--port-file", str(port_file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 30
            while not (port_file.exists() and port_file.read_text().strip()):
                assert broker.poll() is None and time.monotonic() < deadline, "the broker does not come up"
                time.sleep(0.02)
            check_broker(port_file.read_text().strip())
            check_pace(port_file.read_text().strip(), Path(folder))
        finally:
            broker.terminate()
            broker.wait()
    print("every event once, marks everywhere")
    return 0


sys.exit(main())
