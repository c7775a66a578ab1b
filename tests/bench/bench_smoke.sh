#!/bin/bash
# The benchmarks themselves, with few tickets: counters are the truth's, tables are complete. No time is judged.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need java mvn kcat python3 redis-server

rc=0
table=$("$root/tests/bench/run.sh" --tickets 5000 --idle 1 --timeout 120 --rules both --consumers 2 2>&1) || rc=$?
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

rc=0
table=$("$root/tests/bench/run.sh" --scale --stored 500 --further 1000 --hour 20 --consumers 2 --idle 1 --timeout 120 2>&1) || rc=$?
is_equal "exit status of --scale ($table)" 0 "$rc"
echo "$table"
has_line "stored" "^stored +500\$" "$table"
for what in events "CPU us an event: consumers and Redis" "Redis bytes a ticket" "Kafka's logs MiB" "seconds until ready, started again" "1,000 further: events" \
	"1,000 further: times the first column's cost" "after an hour's stop: seconds until ready" "after an hour's stop: seconds until nothing is left" "after 10 such hours: events"; do
	has_line "its rows" "^$what +$number\$" "$table"
done
has_line "consumers" "^consumers, 1,000 tickets +2\$" "$table"
has_line "their time" "^seconds until all are ready +$number\$" "$table"

rc=0
table=$("$root/tests/bench/run.sh" --delay --deadlines 100 --seconds 2 --midnight 500 --flood 20000 2>&1) || rc=$?
is_equal "exit status of --delay ($table)" 0 "$rc"
echo "$table"
for what in "at rest" "at 10 % of $number events a second" "at 50 % of $number events a second" "at 90 % of $number events a second" "midnight: 500 at one instant"; do
	has_line "delays" "^$what +$number +$number +$number +$number +$number +$number +$number +$number\$" "$table"
done
