#!/bin/bash
# run.sh [LEVEL...] - installs what is missing, builds, and runs the tests of these levels: pure cases loop static simulation real browser fuzz (all of them when
# none is named), and long, which must be named. Closes with one line: N passed, N failed[, N skipped]. Exit status 0 when nothing failed.
#
#   -R PATTERN   only tests whose name fits (as ctest's)
#   -v           print what each test prints
#
# pure, cases and loop run under the address and undefined-behaviour sanitizers; simulation, real and long as released; fuzz with clang;
# static only looks at the sources.
# With CI=true a skipped test is a failure, unless its reason is one of those in tests/allowed-skips.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=deploy/packages.sh
. deploy/packages.sh

all_levels="pure cases loop static simulation real browser fuzz"
only="" verbose=""
while getopts R:vh option; do
	case $option in
		R) only=$OPTARG ;;
		v) verbose=1 ;;
		h) sed -n '2,10s/^#\( \|$\)//p' "$0"; exit 0 ;;
		*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
levels=${*:-$all_levels}
for level in $levels; do
	[[ " $all_levels long " == *" $level "* ]] || { echo "run.sh: there is no level \"$level\"; there are: $all_levels long" >&2; exit 2; }
done

preset_of() {
	case $1 in
		pure | cases | loop) echo asan ;;
		fuzz) echo fuzz ;;
		*) echo release ;;
	esac
}
packages_of() {
	case $1 in
		real) echo "run kafka" ;;
		static) echo static ;;
		long) echo "run kafka fuzz valgrind" ;;
		browser) echo "run browser" ;;
		fuzz) echo fuzz ;;
	esac
}

has_tests() { grep -qsw "$1" tests/CMakeLists.txt tests/*/CMakeLists.txt; }

hang_s=3600  # only against hanging for ever: nothing is judged by how long it takes
passed=0 failed=0 skipped=0
declare -A built

build() {  # build PRESET: once; the log is shown only when it fails
	[[ -z ${built[$1]:-} ]] || return "${built[$1]}"
	local log=build/$1.log
	mkdir -p build
	echo "building $1 ..."
	built[$1]=0
	{ cmake --preset "$1" && cmake --build --preset "$1" -j "$(nproc)"; } > "$log" 2>&1 || built[$1]=1
	[[ ${built[$1]} == 0 ]] || { grep -vE '^\[[0-9]+/[0-9]+\] (Building|Linking|Generating)|^-- ' "$log" | tail -n 60; echo "building $1 failed: $log"; }
	return "${built[$1]}"
}

run_level() {  # run_level LEVEL
	local preset result counts
	preset=$(preset_of "$1")
	if ! build "$preset"; then
		failed=$((failed + 1))
		echo "$1: not built"
		return
	fi
	result=$PWD/build/$preset/results-$1.xml
	rm -f "$result"
	echo "--- $1 ---"
	ctest --test-dir "build/$preset" -L "^$1\$" ${only:+-R "$only"} ${verbose:+-V} -j "$(nproc)" --output-on-failure --no-tests=ignore \
		--timeout "$hang_s" --test-output-size-passed 65536 --test-output-size-failed 1048576 --output-junit "$result" || true
	if ! counts=$(python3 tests/results.py "$result" "$1" tests/allowed-skips); then
		failed=$((failed + 1))
		echo "$1: no results"
		return
	fi
	read -r -a count <<< "${counts##*$'\n'}"
	[[ $counts != *$'\n'* ]] || echo "${counts%$'\n'*}"
	echo "$1: ${count[0]} passed, ${count[1]} failed, ${count[2]} skipped"
	passed=$((passed + count[0])) failed=$((failed + count[1])) skipped=$((skipped + count[2]))
}

groups="build test" found=""
for level in $levels; do
	if has_tests "$level"; then
		found+=" $level" groups+=" $(packages_of "$level")"
	else
		echo "$level: there are no tests of this level"
	fi
done
# shellcheck disable=SC2086  # a list of words
ensure_packages $groups
for level in $found; do run_level "$level"; done
closing="$passed passed, $failed failed"
[[ $skipped == 0 ]] || closing+=", $skipped skipped"
echo "$closing"
[[ $failed == 0 ]]
