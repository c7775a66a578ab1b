#!/bin/bash
# demo.sh - the demo shows what it promises and leaves nothing behind, whether it ends by itself or by Ctrl-C.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need redis-server redis-cli kcat curl
for name in hotline-tickets hotline-units hotline hotline-replay hotline-simulate devbroker; do program "$name" > /dev/null || exit 77; done
export TMPDIR=$tmp
demo=("$root/deploy/demo.sh" --build "$HOTLINE_BUILD")

# The demo in the background, until it has said something; Ctrl-C, which goes to the whole group of its processes, and its exit status in rc. A shell may lose one
# that comes while it starts a command: then a person presses again.
begin() {  # begin WORDS OPTION...
	local words=$1
	shift
	: > "$tmp/logs/demo"  # here and not by the child, before which the words of the demo before could be found
	env --default-signal=INT setsid "${demo[@]}" "$@" >> "$tmp/logs/demo" 2>&1 &
	pid=$!
	wait_for "the demo says \"$words\"" said_or_gone "$words"
	grep -q "$words" "$tmp/logs/demo" || fail "it ended by itself"
}
said_or_gone() { grep -q "$1" "$tmp/logs/demo" || ! look_at_start "$pid"; }
interrupt() {
	while look_at_start "$pid"; do
		kill -INT -- "-$pid" 2> /dev/null || true
		sleep 0.3
	done
	rc=0
	wait "$pid" || rc=$?
}

nobody_left() {
	local left
	left=$(grep -lzF -- "$tmp/hotline-demo" /proc/[0-9]*/cmdline 2>/dev/null || true)
	[[ -z $left ]] || fail "still running: $(for file in $left; do tr '\0' ' ' < "$file"; done)"
	left=$(find "$tmp" -maxdepth 1 -name 'hotline-demo*')
	[[ -z $left ]] || fail "still there: $left"
}

# By itself, with a made-up city
said=$("${demo[@]}" --once --tickets 500 2>&1)
has_line "source" "made-up city: 120 units, 500 tickets" "$said"
has_line "units" 'hotline units --from 2024-03-01 --to 2024-03-31' "$said"
has_line "summary" "[0-9 ]+ events through the embedded broker, [0-9 ]+ alerts, in [0-9.]+ s" "$said"
has_line "end" "Everything is stopped" "$said"
nobody_left

# A file of one's own
cat > "$tmp/mine.jsonl" << 'END'
{"ticket_id":"8213631","at":"2024-03-05T09:12:00+08:00","type":"received","kind":"complaint","level":"city","channel":"phone","category":"物业管理/物业服务管理"}
{"ticket_id":"8213631","at":"2024-03-05T09:40:00+08:00","type":"dispatched","unit":"xlt-zhujian"}
{"ticket_id":"8213631","at":"2024-03-25T11:20:00+08:00","type":"resolved","unit":"xlt-zhujian"}
END
said=$("${demo[@]}" --once --events "$tmp/mine.jsonl" 2>&1)
has_line "source" "3 events of mine.jsonl, 2024-03-05 to 2024-03-25" "$said"
has_line "unit" "xlt-zhujian +1 +1 +100.00 +1 " "$said"
has_line "alert" "overdue +8213631" "$said"
nobody_left

# Until Ctrl-C
begin 'Ctrl-C stops everything' --events "$tmp/mine.jsonl"
interrupt
is_equal "status after Ctrl-C" 0 "$rc"
has_line "end" "Everything is stopped" "$(cat "$tmp/logs/demo")"
nobody_left

# At any moment of its start and its work. It comes through only when it was ready before the signal came, which the words at its end tell.
for words in Starting "Sending and counting" "What holds now"; do
	begin "$words" --tickets 500
	interrupt
	wanted=130
	! grep -q 'Everything is stopped' "$tmp/logs/demo" || wanted=0
	is_equal "status after Ctrl-C at \"$words\"" "$wanted" "$rc"
	rm -rf "$tmp"/hotline-demo*
	nobody_left
done

fails_with 2 "${demo[@]}" --events "$tmp/none"
fails_with 2 "${demo[@]}" --tickets 1000000
