#!/bin/bash
# processes.sh - what starts and stops programs: nothing is inherited, only the process that was started is ended.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"

# A child holds none of our descriptors: the reader of this pipe sees its end although the child lives on
exec 7> >(cat > "$tmp/pipe"; touch "$tmp/pipe-ended")
start sleeper sleep 1000
exec 7>&-
wait_for "the pipe's end" test -e "$tmp/pipe-ended"
pid=$(pid_of "$tmp/pids/sleeper")
descriptors() { find "/proc/$pid/fd" -type l -printf '%f\n' | sort -n | xargs; }
has_only_its_own() { [[ $(descriptors) == "0 1 2" ]]; }  # setsid and the loader of sleep have files open for a moment
wait_for "descriptors 0 1 2, not $(descriptors)" has_only_its_own

# A pid that belongs to somebody else by now is left alone
cp "$tmp/pids/sleeper" "$tmp/other"
echo "$pid 1" > "$tmp/other"
stop_process "$tmp/other"
is_equal "still running" "$pid" "$(pid_of "$tmp/pids/sleeper")"
stop sleeper
[[ ! -e /proc/$pid/exe ]] || fail "sleep was not stopped"

# One that does not listen is killed
start deaf bash -c 'trap "" TERM; echo listens to nothing; while :; do sleep 0.1; done'
wait_for "the trap of deaf" grep -q nothing "$tmp/logs/deaf"
pid=$(pid_of "$tmp/pids/deaf")
STOP_GRACE_S=1 stop deaf 2> "$tmp/said"
not_running "$tmp/pids/deaf" || fail "deaf runs on"
[[ ! -e /proc/$pid/exe ]] || fail "deaf was not killed"
has_line "what was said" "did not stop when asked to: killed" "$(cat "$tmp/said")"

# wait_until ends when the program that it waits for does
start short true
SECONDS=0
! wait_until "$guard_s" --while "$tmp/pids/short" false || fail "waited for false"
((SECONDS < guard_s)) || fail "waited $SECONDS s for a program that was gone"

# Ctrl-C in the middle of a start: what was started is known by its pid file all the same
cat > "$tmp/interrupted" << 'END'
. "$1/deploy/process.sh"
trap 'exit 130' INT
disown() { kill -s INT "$BASHPID"; }
spawn "$2" /dev/null sleep 1000.5
END
fails_with 130 bash "$tmp/interrupted" "$root" "$tmp/pids/interrupted"
is_its_own() { [[ $(tr '\0' ' ' 2> /dev/null < "/proc/$(pid_of "$tmp/pids/interrupted")/cmdline") == "sleep 1000.5 " ]]; }
wait_for "what was started to be known" is_its_own
stop interrupted

# A port is given to one who asks, not to two
is_equal "ports that were given twice" "" "$(for _ in {1..40}; do free_port; done | sort | uniq -d)"
