#!/usr/bin/env python3
"""coverage.py BUILD - how much of our C the tests ran that were run in BUILD, by file: lines, and branches that were taken at least once.

A source that is compiled more than once (the simulation takes copies of the consumers, with small limits) counts once: what ran in one of them ran. The branch
of an assertion that fails is no branch that anything should take, so those of lines that begin with assert are left out. With --missing the lines that never
ran are listed as well.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any, Iterator

ROOT = Path(__file__).resolve().parent.parent
OURS = ("common/", "consumers/", "producers/", "deploy/")
AT_ONCE = 100


def source_of(name: str, build: Path) -> str | None:
    """The path in the repository, also of a copy; None of what is not ours."""
    path = Path(name)
    path = path if path.is_absolute() else build / path
    parts = path.parts
    if "small" in parts:
        return "consumers/" + "/".join(parts[parts.index("small") + 1:])
    try:
        inside = str(path.resolve().relative_to(ROOT))
    except ValueError:
        return None
    return inside if inside.startswith(OURS) else None


def reports(build: Path) -> Iterator[dict[str, Any]]:
    notes = [str(path) for path in sorted(build.rglob("*.gcno"))]
    for at in range(0, len(notes), AT_ONCE):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["gcov", "--json-format", "--branch-probabilities", "--preserve-paths", "--hash-filenames", *notes[at:at + AT_ONCE]], cwd=folder,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
            for path in Path(folder).glob("*.gcov.json.gz"):
                with gzip.open(path) as file:
                    yield json.load(file)


def assertions(source: str) -> set[int]:
    """Numbers of the lines that assert something."""
    with open(ROOT / source, encoding="utf-8") as file:
        return {number for number, line in enumerate(file, 1) if line.lstrip().startswith("assert(")}


def measure(build: Path) -> tuple[dict[str, dict[int, int]], dict[str, dict[tuple[int, int], int]]]:
    lines: dict[str, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    branches: dict[str, dict[tuple[int, int], int]] = defaultdict(lambda: defaultdict(int))
    for report in reports(build):
        for file in report["files"]:
            source = source_of(file["file"], build)
            if not source:
                continue
            asserted = assertions(source)
            for line in file["lines"]:
                lines[source][line["line_number"]] += line["count"]
                if line["line_number"] in asserted:
                    continue
                for number, branch in enumerate(line["branches"]):
                    branches[source][line["line_number"], number] += branch["count"]
    return lines, branches


def share(counts: dict[Any, int]) -> tuple[int, int]:
    return sum(count > 0 for count in counts.values()), len(counts)


def percent(hit: int, total: int) -> str:
    return f"{100 * hit / total:5.1f} %" if total else "      -"


def main() -> None:
    build = Path(sys.argv[1]).resolve()
    lines, branches = measure(build)
    sums = [0, 0, 0, 0]
    print("  lines  branches  lines that never ran")
    for source in sorted(lines):
        hit, total = share(lines[source])
        taken, possible = share(branches[source])
        sums = [sums[0] + hit, sums[1] + total, sums[2] + taken, sums[3] + possible]
        print(f"{percent(hit, total)}  {percent(taken, possible)}  {total - hit:4}  {source}")
        if "--missing" in sys.argv:
            print(" " * 20, *sorted(line for line, count in lines[source].items() if not count))
    print(f"{len(lines)} files: {percent(sums[0], sums[1])} of {sums[1]} lines, {percent(sums[2], sums[3])} of {sums[3]} branches")


if __name__ == "__main__":
    main()
