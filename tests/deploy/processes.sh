#!/bin/bash
# processes.sh - what starts and stops programs: nothing is inherited, only the process that was started is ended.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

# A child holds none of our descriptors: the reader of this pipe sees its end although the child lives on
exec 7> >(cat > "$tmp/pipe"; touch "$tmp/pipe-ended")
start sleeper sleep 1000
exec 7>&-
wait_for 10 "the pipe's end" test -e "$tmp/pipe-ended"
pid=$(pid_of "$tmp/pids/sleeper")
is_equal "descriptors" "0 1 2" "$(find "/proc/$pid/fd" -type l -printf '%f\n' | sort -n | xargs)"

# A pid that belongs to somebody else by now is left alone
cp "$tmp/pids/sleeper" "$tmp/other"
echo "$pid 1" > "$tmp/other"
stop_process "$tmp/other"
is_equal "still running" "$pid" "$(pid_of "$tmp/pids/sleeper")"
stop sleeper
[[ ! -e /proc/$pid/exe ]] || fail "sleep was not stopped"

# One that does not listen is killed
start deaf bash -c 'trap "" TERM; while :; do sleep 0.1; done'
pid=$(pid_of "$tmp/pids/deaf")
STOP_GRACE_S=1 stop deaf 2> "$tmp/said"
not_running "$tmp/pids/deaf" || fail "deaf runs on"
[[ ! -e /proc/$pid/exe ]] || fail "deaf was not killed"
has_line "what was said" "did not stop when asked to: killed" "$(cat "$tmp/said")"

# wait_until ends when the program that it waits for does
start short true
SECONDS=0
! wait_until 30 --while "$tmp/pids/short" false || fail "waited for false"
((SECONDS < 10)) || fail "waited $SECONDS s for a program that was gone"
