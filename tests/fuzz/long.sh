#!/bin/bash
# long.sh SECONDS [NAME...] - fuzzes every parser (or these) for so long each, one after the other, and sums up.
#
# BUILD names a build of the preset fuzz; without it one is made, build/fuzz. What is learnt is kept in BUILD/fuzz-corpus/NAME and used by the next run; inputs that break something lie beside it
# as BUILD/fuzz-corpus/NAME-crash-…: mend the cause and add the input to tests/fuzz/corpus/NAME. Exit status 1 when there is one.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:?usage: tests/fuzz/long.sh SECONDS [NAME...]}
shift
build=${BUILD:-build/fuzz}
[[ -n ${BUILD:-} ]] || { cmake --preset fuzz && cmake --build --preset fuzz; } > /dev/null
learnt=$build/fuzz-corpus
names=${*:-$(ls tests/fuzz/corpus)}

# What is freed is looked at for the time of an input or two, and where it came from is told when the input is run again by itself.
export ASAN_OPTIONS=${ASAN_OPTIONS:-quarantine_size_mb=8:malloc_context_size=0}
total=0 broken=""
mkdir -p "$learnt"
printf '%-14s %12s %8s %8s\n' fuzzer executions inputs features
for name in $names; do
	mkdir -p "$learnt/$name"
	log=$learnt/$name.log
	"$build/tests/fuzz/${name}_fuzz" -max_total_time="$seconds" -max_len=4096 -timeout=60 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="$learnt/$name-" "$learnt/$name" "tests/fuzz/corpus/$name" > "$log" 2>&1 || broken+=" $name"
	runs=$(awk '/stat::number_of_executed_units/ { print $2 }' "$log")
	features=$(grep -oE ' ft: [0-9]+' "$log" | tail -1 | grep -oE '[0-9]+' || true)
	printf '%-14s %12d %8d %8d\n' "$name" "${runs:-0}" "$(find "$learnt/$name" -type f | wc -l)" "${features:-0}"
	total=$((total + ${runs:-0}))
done
echo "$total executions, $(wc -w <<< "$names") fuzzers, $seconds s each, $(date -u +%F)"
for name in $broken; do
	echo "$name broke:"
	tail -n 40 "$learnt/$name.log"
done
[[ -z $broken ]]
