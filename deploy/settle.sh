# shellcheck shell=bash disable=SC2034  # settled_at is for whoever sources this
# settle.sh - waits until a stack has taken in, counted, judged and published all that was sent. Sourced, after process.sh; wants `hotline` in the PATH and what
# `local.sh env` prints. For an event clock: a wall clock always leaves something to do.
#
# Nothing here is guessed from time. Each program says what it has finished, in this order, so that what was asked later saw all that was asked earlier:
#   hotline-tickets  the commit of each shard after which it had nothing left to do or to send
#   Redis and Kafka  that this is the newest commit, the shard is at its partition's end, no alert waits, and hotline-units has read every change
#   hotline-units    that it has looked at the city's clock, which is the shards' least, and found nothing to do

shards_settled() { curl -fs -m 10 "$HOTLINE_TICKETS_URL/metrics" | sed -n 's/^hotline_\(settled_commit\|clock_milliseconds\){shard="\(.*\)"} /\1 \2 /p'; }
units_settled() { curl -fs -m 10 "$HOTLINE_UNITS_URL/metrics" | grep '^hotline_settled_clock_milliseconds '; }

# "LAG LEFT": records that are not taken in yet, and how many things are not finished; nothing when there is no answer. Whatever else it prints changes with progress.
look_for_work() {
	{ shards_settled && hotline status --format jsonl 2>/dev/null && units_settled; } | awk '
		function value(name, text) { text = match($0, "\"" name "\": *[^,}]*") ? substr($0, RSTART, RLENGTH) : ""; gsub(/^.*: *"?|"$/, "", text); return text }
		/^settled_commit / { settled[$2] = $3 }
		/^clock_milliseconds / && $2 !~ /^links/ && $3 > 0 && (least == "" || $3 < least) { least = $3 }
		/"kind": *"shard"/ {
			shards++
			lag += value("lag")
			left += value("lag") != 0 || value("outbox") != 0 || value("commit") != settled[value("shard")]
			commits += value("commit")
		}
		/"kind": *"group"/ { groups++; changes = value("lag"); left += changes != 0 }
		/^hotline_settled_clock_milliseconds / { clocks++; left += $2 != least + 0 }
		END { if (shards && groups && clocks) print lag + 0, left + 0, commits, changes }'
}

# settle SECONDS [TELL]: TELL is called with the number of records still waiting. Sets settled_at, the instant of the last change that was seen. Fails after so many
# seconds without any progress.
settle() {
	local last="" now lag left deadline=$((SECONDS + $1)) tell=${2:-true}
	while :; do
		now=$(look_for_work || true)
		read -r lag left _ <<< "$now"
		"$tell" "$lag"
		if [[ $now != "$last" ]]; then last=$now deadline=$((SECONDS + $1)) settled_at=$EPOCHREALTIME; fi
		[[ $left != 0 ]] || return 0
		((SECONDS <= deadline)) || return 1
		sleep 0.1
	done
}
