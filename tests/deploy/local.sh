#!/bin/bash
# local.sh - a stack on one machine: it comes up, counts, goes on where it stopped, and goes away; what fails leaves nothing behind.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=deploy/settle.sh
. "$root/deploy/settle.sh"
need redis-server redis-cli kcat curl
program hotline-tickets > /dev/null || exit 77
program hotline-units > /dev/null || exit 77
build=$HOTLINE_BUILD
dir=$tmp/stack
local_sh=$root/deploy/local.sh
at_exit() { for stack in "$dir" "$tmp/broken"; do [[ ! -d $stack ]] || "$local_sh" down --dir "$stack"; done; }

fails_with 2 "$local_sh"
fails_with 2 "$local_sh" up
fails_with 2 "$local_sh" up --dir "$dir" --clock sun
fails_with 1 "$local_sh" env --dir "$tmp"

# It returns when everything is ready, and nobody whom it leaves running holds what it was given
exec 7> >(cat > /dev/null; touch "$tmp/let-go")
said=$("$local_sh" up --build "$build" --dir "$dir")
exec 7>&-
wait_for "every descriptor to be let go" test -e "$tmp/let-go"
has_line "what is up" "^hotline-tickets +http://127.0.0.1:[0-9]+/metrics" "$said"
fails_with 1 "$local_sh" up --build "$build" --dir "$dir"
has_line "up twice" "is running in" "$output"

# A shell that is pointed at it
eval "$("$local_sh" env --dir "$dir")"
is_equal "hotline in the PATH" "$dir/bin/hotline" "$(command -v hotline)"
cat > "$tmp/events" << 'END'
{"ticket_id":"8213631","at":"2024-03-05T09:12:00+08:00","type":"received","kind":"complaint","level":"city"}
{"ticket_id":"8213631","at":"2024-03-05T09:40:00+08:00","type":"dispatched","unit":"xlt-zhujian"}
{"ticket_id":"8213631","at":"2024-03-25T11:20:00+08:00","type":"resolved","unit":"xlt-zhujian"}
END
units=$(pid_of "$dir/pids/hotline-units")
kill -STOP "$units"
hotline-replay "$tmp/events" 2> "$tmp/logs/replay"
! settle 3 || fail "it has settled without hotline-units"
kill -CONT "$units"
settle "$guard_s" || fail "the counters did not come to rest"
overdue() { redis-cli -p "${HOTLINE_REDIS#*:}" hget 'hotline:{unit/xlt-zhujian}:2024-03' overdue; }
is_equal "overdue" 1 "$(overdue)"

# One program that died comes back
kill -9 "$(pid_of "$dir/pids/hotline-tickets")"
wait_for "the kill" not_running "$dir/pids/hotline-tickets"
"$local_sh" start hotline-tickets --dir "$dir"
pid_of "$dir/pids/hotline-tickets" > /dev/null || fail "hotline-tickets was not started"

# Down stops what was started, and only that
sleep 1000 &
stranger=$!
echo "$stranger 1" > "$dir/pids/hotline-stranger"
pids=$(cut -d' ' -f1 "$dir"/pids/{redis,broker,hotline-tickets,hotline-units})
"$local_sh" down --dir "$dir"
for pid in $pids; do [[ ! -e /proc/$pid/exe ]] || fail "still running: $(tr '\0' ' ' < "/proc/$pid/cmdline")"; done
kill -0 "$stranger" || fail "a stranger was stopped"
kill "$stranger"
"$local_sh" down --dir "$dir"

# With the embedded broker it starts empty
"$local_sh" up --build "$build" --dir "$dir" > "$tmp/logs/up"
is_equal "keys in Redis" "" "$(overdue)"
"$local_sh" down --dir "$dir"

# What cannot come up says why, and stops the rest
printf 'zone: nonsense\n' > "$tmp/bad.yaml"
fails_with 1 "$local_sh" up --build "$build" --policy "$tmp/bad.yaml" --dir "$tmp/broken"
has_line "why" "bad.yaml" "$output"
is_equal "pid files left" "" "$(find "$tmp/broken/pids" -type f)"
