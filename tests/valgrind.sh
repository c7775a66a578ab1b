#!/bin/bash
# valgrind.sh - memcheck over the programs of the levels pure, cases and loop, built for every day: reads of what was never written, which no sanitizer of ours
# sees, and memory that nothing points to any more.
#
# Under valgrind everything takes some thirty times as long. What goes through thousands of inputs by itself is therefore given a share of its tests, below; of
# everywhere_test, which walks through each call of both programs, loop_test meets the same code in its directed schedules. What is a script is left out.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=deploy/packages.sh
. deploy/packages.sh
ensure_packages build test valgrind
export build=build/dev log=build/valgrind
mkdir -p "$log"
{ cmake --preset dev && cmake --build --preset dev -j "$(nproc)"; } > "$log.log" 2>&1 || { tail -n 40 "$log.log"; exit 1; }

export left_out=everywhere_test
# Which of their tests; the others are permutations, thousands of seeds, or a death in every call.
declare -A share=([ticket_test]='a_*' [links_test]='t*' [loop_test]='a_*' [links_loop_test]='a_*')

commands() {  # one a line; all cases are one command
	echo "$build/tests/cases/run_cases" tests/cases/*.case
	ctest --test-dir "$build" -L '^(pure|loop)$' --show-only=json-v1 | python3 -c '
import json, os, sys
for test in json.load(sys.stdin)["tests"]:
	words = [os.path.relpath(word) if os.path.isabs(word) else word for word in test["command"]]
	if words[0].startswith(os.environ["build"]) and os.path.basename(words[0]) not in os.environ["left_out"].split():
		print(*words)
' | while read -r program arguments; do echo "$program ${arguments:-${share[${program##*/}]:-}}"; done
}

check() {  # check PROGRAM ARGUMENTS...: says nothing when nothing is found
	local found=$log/$BASHPID memcheck=(valgrind --quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite)
	! "${memcheck[@]}" "$@" > "$found" 2>&1 || { rm "$found"; return 0; }
	"${memcheck[@]}" --track-origins=yes "$@" > "$found" 2>&1 || true  # once more: where what was never written comes from takes twice as long
	echo "$*:"
	grep -a '^==' "$found" | head -n 60 || tail -n 20 "$found"
	return 1
}
export -f check

commands > "$log.commands"
# shellcheck disable=SC2016  # the words are those of the inner shell; no path of ours holds a blank
xargs -P "$(nproc)" -I '{}' bash -c 'set -f; check $1' valgrind.sh '{}' < "$log.commands" || { echo "something was found"; exit 1; }
echo "$(wc -l < "$log.commands") programs, nothing found, $(date -u +%F)"
