#!/usr/bin/env python3
"""mutants.py [PATTERN] [--keep DIR] - breaks one line of the sources at a time and sees whether the fast tests notice.

The tree is copied, built once, and for each mutant rebuilt as far as its file reaches; the tests that are nearest run first, and all of the levels pure, cases and
loop before a mutant counts as survived. A line that is not found any more, or more than once, fails, so that the list keeps up with the code.

With PATTERN only mutants whose file or text holds it. Ends with "N mutants, N caught, N survived, N %"; exit status 1 below 95 % or when one was not made.
"""
import filecmp
import glob
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

from mutant_list import MUTANTS

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
WANTED_PERCENT = 95
LIMIT_SECONDS = 300  # of one core: a mutant that never ends is noticed
LIMIT_WAITING_SECONDS = 3600  # and one that waits for ever

# What is near to a file: programs of build/dev/tests with their arguments, in the order in which they are asked.
ORACLE = "oracle/assess_cli"  # asked by compare.py, which has the numbers of the cities
CORE = ["cases/run_cases *.case", f"{ORACLE} 1-20", "core/ticket_test", "core/ticket_code_test", "core/rules_test", "core/counters_test", "calendar/calendar_test",
        "core/page_test", "core/due_test", "core/cells_test", "core/names_test", "core/pages_test", "core/head_test", "core/event_test", "core/wire_test",
        "units/totals_test", "units/judgement_test"]
LOOP = ["sim/loop_test a_*", "sim/links_loop_test links_*", "sim/loop_test undisturbed*", "sim/loop_test totals*", "tickets/relay_test", "sim/stored_loop_test", "sim/policy_change_test",
        "sim/loop_test"]
# pass_test has a Redis of its own, and takes a second for it.
UNITS = ["units/judgement_test", "units/totals_test", "units/batch_test", "units/pass_test"] + LOOP


# The test of a file alone, which is asked before all others.
OWN = {"common/calendar.c": "calendar/calendar_test", "common/counters.c": "core/counters_test", "common/due.c": "core/due_test", "common/event.c": "core/event_test",
       "common/judgement.c": "units/judgement_test", "common/page.c": "core/page_test", "common/shelf_rows.c": "core/shelf_rows_test",
       "common/ticket.c": "core/ticket_code_test", "common/totals.c": "units/totals_test"}


def near(source):
    if source.startswith("consumers/units"):
        return UNITS
    if source.startswith("consumers"):
        return LOOP
    return list(dict.fromkeys([OWN.get(source, CORE[0])] + CORE))


def copy_tree(tree):
    names = subprocess.run(["git", "-C", ROOT, "ls-files", "-z"], check=True, capture_output=True).stdout.decode().split("\0")
    for name in filter(None, names):
        target = os.path.join(tree, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        source = os.path.join(ROOT, name)
        if os.path.exists(source) and not (os.path.exists(target) and filecmp.cmp(source, target, shallow=False)):  # else all is built anew
            shutil.copyfile(source, target)
            shutil.copymode(source, target)


def build(tree, programs=()):
    targets = sorted({program.split()[0].split("/")[1] for program in programs})
    return subprocess.run(["cmake", "--build", os.path.join(tree, "build/dev"), "--target", *(targets or ["all"])], cwd=tree, capture_output=True, text=True,
                          check=False)


def limit_time():
    resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_SECONDS, LIMIT_SECONDS))


def passes(tree, program):
    """Whether the program ends well. Patterns of files are resolved, those of tests are the program's own."""
    words = program.split()
    arguments = []
    for word in words[1:]:
        found = sorted(glob.glob(os.path.join(tree, "tests/cases", word))) if word.endswith(".case") else []
        arguments += [os.path.relpath(path, tree) for path in found] or [word]
    command = [os.path.join(tree, "build/dev/tests", words[0])]
    if words[0] == ORACLE:
        command = [sys.executable, "-B", os.path.join(tree, "tests/oracle/compare.py"), "--cli", *command]
    try:
        return not subprocess.run(command + arguments, cwd=tree, capture_output=True, timeout=LIMIT_WAITING_SECONDS, preexec_fn=limit_time,
                                  check=False).returncode
    except subprocess.TimeoutExpired:
        return False


def all_pass(tree):
    """Everything that is fast, for who has come so far; pure/oracle is the oracle's own test."""
    build(tree)
    result = subprocess.run(["ctest", "--test-dir", "build/dev", "-L", "^(pure|cases|loop)$", "-E", "walls|guards|install|corpus|pure/oracle", "--stop-on-failure"],
                            cwd=tree, capture_output=True, text=True, check=False)
    return result.returncode == 0


def caught_by(tree, source):
    """What noticed, or None."""
    programs = near(source)
    made = build(tree, programs)
    if made.returncode:
        return "the compiler" if "error:" in made.stdout else "nobody: it was not built"
    for program in programs:
        if not passes(tree, program):
            return program
    return None if all_pass(tree) else "the rest of the fast levels"


def try_mutant(tree, source, there, instead):
    path = os.path.join(tree, source)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if text.count(there) != 1:
        raise SystemExit(f"{source}: {text.count(there)} times in it, not once: {there}")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(there, instead))
    try:
        return caught_by(tree, source)
    finally:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def main():
    arguments = sys.argv[1:]
    kept = arguments[arguments.index("--keep") + 1] if "--keep" in arguments else None
    pattern = arguments[0] if arguments and arguments[0] != "--keep" else ""
    os.makedirs(os.path.join(ROOT, "build"), exist_ok=True)
    work = os.path.abspath(kept) if kept else tempfile.mkdtemp(dir=os.path.join(ROOT, "build"))
    os.makedirs(work, exist_ok=True)
    copy_tree(work)
    subprocess.run(["cmake", "--preset", "dev", "-DHOTLINE_WERROR=OFF"], cwd=work, check=True, stdout=subprocess.DEVNULL)
    made = build(work, CORE + UNITS)
    if made.returncode:
        raise SystemExit((made.stdout + made.stderr)[-4000:])
    wrong = [program for program in dict.fromkeys(CORE + UNITS) if not passes(work, program)]
    if wrong:
        raise SystemExit(f"these fail without any mutant: {', '.join(wrong)}")
    chosen = [mutant for mutant in MUTANTS if pattern in mutant[0] or pattern in mutant[1]]
    survived = []
    for source, there, instead in chosen:
        began = time.monotonic()
        catcher = try_mutant(work, source, there, instead)
        if catcher is None:
            survived.append((source, there, instead))
        print(f"{'caught  ' if catcher else 'SURVIVED'} {source}: {there.strip()!r} -> {instead.strip()!r}{f' by {catcher}' if catcher else ''} "
              f"({time.monotonic() - began:.0f} s)", flush=True)
    if not kept:
        shutil.rmtree(work)
    caught = len(chosen) - len(survived)
    percent = 100 * caught / len(chosen) if chosen else 0
    print(f"{len(chosen)} mutants, {caught} caught, {len(survived)} survived, {percent:.1f} %, {time.strftime('%F', time.gmtime())}")
    return 0 if percent >= WANTED_PERCENT else 1


if __name__ == "__main__":
    sys.exit(main())
