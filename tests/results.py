"""results.py FILE LEVEL ALLOWED - counts the tests in what ctest wrote (JUnit XML).

Prints a line for each test that failed or was skipped, then as the last line: PASSED FAILED SKIPPED. With CI=true a skip counts as a failure,
unless its reason fits a line of the file ALLOWED: a regular expression, a tab, why it may be skipped there.
"""
import os
import re
import sys
import xml.etree.ElementTree


def read_allowed(path):
    with open(path, encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines if line.strip() and not line.startswith("#")]
    return [(re.compile(pattern), why) for pattern, why in rows]


def skip_reason(case):
    output = case.findtext("system-out") or ""
    reasons = re.findall(r"^SKIP: (.*)$", output, re.MULTILINE)
    return reasons[0].strip() if reasons else "no reason given"


def outcome(case, allowed, is_ci):
    """passed, failed or skipped, and what there is to say about it"""
    status = case.get("status")
    if status == "run":
        return "passed", None
    if status == "fail":
        return "failed", "FAILED"
    if case.find("skipped") is None or status == "disabled":
        return "failed", f"NOT RUN: {status}"
    message = case.find("skipped").get("message") or ""
    if "SKIP" not in message:
        return "failed", f"NOT RUN: {message or 'unknown'}"  # the program is missing, or a fixture failed
    reason = skip_reason(case)
    why = next((why for pattern, why in allowed if pattern.search(reason)), None)
    if not is_ci:
        return "skipped", f"skipped: {reason}"
    if why is not None:
        return "skipped", f"skipped: {reason} (allowed: {why})"
    return "failed", f"SKIPPED, which in CI is a failure: {reason}"


def main(path, level, allowed_path):
    allowed = read_allowed(allowed_path)
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
        result, remark = outcome(case, allowed, os.environ.get("CI") == "true")
        counts[result] += 1
        if remark:
            print(f"{level}: {case.get('name')}: {remark}")
    print(counts["passed"], counts["failed"], counts["skipped"])


if __name__ == "__main__":
    main(*sys.argv[1:])
