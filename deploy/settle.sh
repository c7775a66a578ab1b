# shellcheck shell=bash disable=SC2034  # settled_at is for whoever sources this
# settle.sh - waits until a stack has taken in and counted all that was sent. Sourced, after process.sh; wants `hotline` in the PATH and HOTLINE_… set.

# Of all shards: records that are not taken in yet, alerts that are not sent yet. Nothing when there is no answer.
shards_waiting() {
	hotline status --format jsonl 2>/dev/null | awk '
		/"kind": *"shard"/ {
			seen = 1
			if (match($0, /"lag": *[0-9]+/)) lag += substr($0, RSTART + 6, RLENGTH - 6)
			if (match($0, /"outbox": *[0-9]+/)) outbox += substr($0, RSTART + 9, RLENGTH - 9)
		}
		END { if (seen) print lag + 0, outbox + 0 }'
}

# Sums have no end of their own to ask for: they are there when they have stopped moving.
sums_now() { hotline units --dimension city --from 1970-01-02 --to 2100-01-01 --format jsonl 2>/dev/null; hotline alerts --format jsonl 2>/dev/null | cksum; }

# settle SECONDS [TELL]: TELL is called with the number of records still waiting. Sets settled_at, the instant of the last change that was seen. Fails after so many
# seconds without any progress.
settle() {
	local last="" now="" sums still=0 deadline=$((SECONDS + $1)) tell=${2:-true}
	while [[ $now != "0 0" || $still -lt 3 ]]; do
		((SECONDS <= deadline)) || return 1
		now=$(shards_waiting)
		"$tell" "${now% *}"
		if [[ $now == "0 0" ]]; then sums=$(sums_now); else sums=$now; fi
		if [[ $sums == "$last" ]]; then
			still=$((still + 1))
		else
			still=0 last=$sums deadline=$((SECONDS + $1)) settled_at=$EPOCHREALTIME
		fi
		sleep 0.3
	done
}
