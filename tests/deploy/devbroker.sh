#!/bin/bash
# devbroker.sh - the embedded broker serves other processes: topics, a consumer group, offsets; and what it is known not to do.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need kcat
own_devbroker --topics orders:2,hotline.alerts:3

# All topics of the table, with the numbers that --topics gave instead
topics=$(kcat -L -b "$brokers")
for topic in hotline.ticket-events:4 hotline.unit-events:1 hotline.links:4 hotline.counter-changes:4 hotline.unit-counters:4 hotline.alerts:3 hotline.dead-letters:1 orders:2; do
	has_line "topic" "\"${topic%:*}\" with ${topic#*:} partitions" "$topics"
done

# What is sent from one process is read by a group in another; what it commits, it does not get again
printf 'a\nb\nc\n' | kcat -P -b "$brokers" -t orders -p 1
group() { timeout "$guard_s" kcat -b "$brokers" -X auto.offset.reset=earliest -X session.timeout.ms=4000 -X heartbeat.interval.ms=1000 -q "$@"; }
is_equal "first three" "$(printf 'a\nb\nc')" "$(group -c 3 -G readers orders)"
printf 'd\n' | kcat -P -b "$brokers" -t orders -p 1
is_equal "after the commit" d "$(group -c 1 -G readers orders)"

# Ends of a partition are known; times are not (a real Kafka gives 0 and 1 here). Who reads by time must see through this.
offset() { kcat -Q -b "$brokers" -t "orders:1:$1" | sed 's/.* //'; }
is_equal "start" 0 "$(offset -2)"
is_equal "end" 4 "$(offset -1)"
is_equal "by time" -1 "$(offset 1)"

# hotline-topics finds what it wants
has_line "topics" "hotline.ticket-events: there, 4 partitions" "$("$(program hotline-topics)" -b "$brokers" 2>/dev/null || true)"

# Told to, it answers requests with errors, in their order and no longer
coproc commands { exec "$(program devbroker)" --commands; }
# shellcheck disable=SC2154  # coproc sets it, and takes it away again when the process has ended
commands_pid=$commands_PID
ask() { printf '%s\n' "$1" >&"${commands[1]}" && IFS= read -r answer <&"${commands[0]}"; }
IFS= read -r failing <&"${commands[0]}"
for wrong in fail 'fail 0' 'fail 0 x' 'fail x 1' 'fail -1 1' 'fail 0 99999' 'left' 'left 0x' 'failing 0 1' 'topic orders' 'topic orders x' 'topic ' '' "$(printf '%05000d' 0)"; do
	ask "$wrong"
	has_line "answer to \"${wrong:0:20}\"" '^error: ' "$answer"
	[[ ${#wrong} -lt 4096 ]] || IFS= read -r answer <&"${commands[0]}"  # what is left of the line is another one
done
ask 'left 2'
is_equal "none yet" 0 "$answer"
ask 'fail 2 3  6 0'
is_equal "taken" ok "$answer"
ask 'left 2'
is_equal "waiting" 3 "$answer"
timeout "$guard_s" kcat -Q -b "$failing" -t hotline.alerts:0:-1 > "$tmp/logs/asked" 2>&1 || true
ask 'left 2'
has_line "taken by who asked" '^[0-2]$' "$answer"
kill -TERM "$commands_pid"
wait "$commands_pid" || fail "devbroker ended with $?"

# It stops when asked to
pid=$(pid_of "$tmp/pids/devbroker")
kill -TERM "$pid"
wait_for "devbroker to stop" not_running "$tmp/pids/devbroker"

# hotline-topics says what it would make, and what will not do
topics=$(program hotline-topics)
has_line "list" '^hotline.unit-counters +9  the last value of each key$' "$("$topics" --list --partitions 9)"
has_line "list" '^hotline.alerts +4  90 days$' "$("$topics" --list)"
fails_with 2 "$topics" -b nowhere --replication none
has_line "number" '"none" will not do' "$output"
fails_with 2 "$topics" -b nowhere -X acks
fails_with 2 "$topics" -b nowhere -X "$(printf '%0300d' 0)=1"
fails_with 2 "$topics" -b nowhere -X no.such.property=1
fails_with 2 "$topics" -b nowhere more
has_line "operand" 'what is "more"' "$output"
fails_with 1 "$topics" -b 127.0.0.1:1
has_line "nobody" 'no answer from 127.0.0.1:1' "$output"

devbroker=$(program devbroker)
fails_with 2 "$devbroker" --partitions 0
fails_with 2 "$devbroker" --nonsense
fails_with 1 "$devbroker" --topics orders
has_line "message" 'not NAME:PARTITIONS' "$output"
fails_with 1 "$devbroker" --port-file "$tmp/none/addr"
