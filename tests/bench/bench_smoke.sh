#!/bin/bash
# The benchmark itself, with few tickets: its counters are the truth's, its table is complete. No time is judged.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need java mvn kcat python3 redis-server

rc=0
table=$("$root/tests/bench/run.sh" --tickets 5000 --idle 1 --timeout 120 --main-rules --consumers 2 2>&1) || rc=$?
[[ $rc != 77 ]] || { echo "$table"; exit 77; }
is_equal "exit status ($table)" 0 "$rc"
echo "$table"

number='[0-9][0-9,.]*'
for what in events "seconds, first event to last total" "events a second" "CPU us an event: hotline-tickets" "CPU us an event: Redis" \
	"CPU us an event: consumers and Redis" "CPU us an event: broker" "CPU us an event: all together" "peak MiB: hotline-tickets" "peak MiB: Redis" \
	"peak MiB: broker" "Redis bytes a ticket" "Redis file MiB" "other_cpu seconds"; do
	has_line "all columns" "^$what +$number +$number +$number\$" "$table"
done
for what in "CPU us an event: hotline-units" "peak MiB: hotline-units" "live MiB: hotline-tickets" "live MiB: hotline-units" \
	"seconds until ready, started again" "messages to hotline.alerts" "messages to hotline.unit-counters" "messages to hotline.counter-changes"; do
	has_line "ours alone" "^$what +$number +$number +-\$" "$table"
done
has_line "exact" "^counters that are not the truth +0 +0 +-\$" "$table"
# The other rules are off in the first column
read -r alerts_main alerts <<< "$(sed -n 's/^messages to hotline.alerts *\([0-9,]*\) *\([0-9,]*\) .*/\1 \2/p' <<< "$table" | tr -d ,)"
[[ $((alerts_main * 5)) -lt $alerts ]] || fail "$alerts_main alerts by the main rules, $alerts by all"
