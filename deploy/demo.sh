#!/bin/bash
# demo.sh [--kafka] [--once] [--events FILE [--mapping MAP]] [--tickets N]
#     shows the hotline at work on this machine: brings up Redis, a broker and the consumers, sends events, and shows what was counted and which alerts were
#     raised. Goes away on Ctrl-C, or with --once by itself, and leaves nothing running.
#
#   --events FILE    a file of your own: JSON Lines, or CSV with --mapping (a file, or a shipped one by name); plain or gzip
#   --mapping MAP    what the rows of a CSV mean
#   --tickets N      make up a city with so many tickets (20000). Without --events and --tickets: Boston's 311, when it lies in ../shared/data, else the city
#   --kafka          a real Kafka (needs Java) instead of the embedded broker, which holds some 40000 tickets
#   --once           end by itself
#   --build BUILD    take the programs from there and build nothing
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=deploy/packages.sh
. "$root/deploy/packages.sh"
# shellcheck source=deploy/process.sh
. "$root/deploy/process.sh"
# shellcheck source=deploy/build.sh
. "$root/deploy/build.sh"
# shellcheck source=deploy/settle.sh
. "$root/deploy/settle.sh"

# What fits into the embedded broker (5 MiB a partition, 4 partitions): 20000 tickets are 88000 events.
embedded_events=180000 embedded_tickets=40000
boston=$root/../shared/data/boston311/boston311_slim.csv
rows=12  # of each table

usage() { sed -n '2,12s/^# \{0,1\}//p' "$0"; }
refuse() { echo "demo.sh: $*; demo.sh --help tells more" >&2; exit 2; }

kafka="" once=no events="" mapping="" tickets="" build=""
while [[ $# -gt 0 ]]; do
	case $1 in
		--kafka) kafka=--kafka ;;
		--once) once=yes ;;
		-h | --help) usage; exit 0 ;;
		--events | --mapping | --tickets | --build)
			[[ $# -ge 2 ]] || refuse "$1 needs a value"
			printf -v "${1#--}" %s "$2"
			shift
			;;
		*) refuse "what is \"$1\"?" ;;
	esac
	shift
done
[[ -z $events || -z $tickets ]] || refuse "--events and --tickets do not go together"
[[ -z $mapping || -n $events ]] || refuse "--mapping is for --events"
[[ -z $events || -r $events ]] || refuse "$events cannot be read"
[[ $tickets =~ ^([1-9][0-9]*)?$ ]] || refuse "--tickets is a number"
[[ ! -f $mapping ]] || mapping=$(realpath "$mapping")

# --- how it looks ---

bold="" plain="" line="" narrow="" wide=""
if [[ -t 1 ]]; then bold=$'\e[1m' plain=$'\e[0m' line=$'\r\e[K' narrow=$'\e[?7l' wide=$'\e[?7h'; fi  # narrow: long lines end at the edge
title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
say() { printf '  %s\n' "$*"; }
number() { sed ':a; s/\([0-9]\)\([0-9]\{3\}\)\($\|[^0-9]\)/\1 \2\3/; ta' <<< "$1"; }  # 14 985
progress() { [[ ! -t 1 || -z ${1:-} ]] || printf '%s  %s events still to take in ' "$line" "$(number "$1")"; }
end_progress() { [[ ! -t 1 ]] || printf '%s' "$line"; }

indent() { printf %s "$narrow"; sed 's/^/  /; s/ *$//'; printf %s "$wide"; }

# Runs a command of ours as a person would, and shows the beginning of what it says.
shown() {  # shown LINES COMMAND...
	local most=$1 total
	shift
	printf '\n  $ %s\n' "$*"
	"$@" > "$dir/shown" 2>&1 || { cat "$dir/shown"; return 1; }
	total=$(wc -l < "$dir/shown")
	head -n "$most" "$dir/shown" | indent
	((total <= most)) || say "… and $(number $((total - most))) lines more"
}

# --- the end, however it comes ---

dir="" finished=no
finish() {
	local rc=$?
	trap '' INT TERM HUP  # the end is not interrupted
	trap - EXIT
	if [[ -n $dir ]]; then
		end_progress
		printf %s "$wide"
		"$root/deploy/local.sh" down --dir "$dir" || true
		if [[ $finished == yes ]]; then
			rm -rf "$dir"
			title "Summary"
			say "$summary"
			say "Everything is stopped, and its files are gone."
			rc=0
		else
			echo "demo.sh: stopped before the end; what was started is stopped, logs are in $dir/logs" >&2
			[[ -d $dir/logs ]] || rm -rf "$dir"
		fi
	fi
	exit "$rc"
}

# --- what is sent ---

# Sets source_text (for people), from and to (days), count, and the command that sends.
choose_events() {
	if [[ -z $events && -z $tickets && -r $boston ]]; then events=$boston mapping=boston311; fi
	if [[ -z $events ]]; then
		tickets=${tickets:-20000}
		[[ -n $kafka || $tickets -le $embedded_tickets ]] || { echo "demo.sh: the embedded broker holds some $embedded_tickets tickets: take fewer, or --kafka" >&2; exit 2; }
		send=(hotline-simulate --from 2024-03-01 --days 31 --tickets "$tickets")
		source_text="a made-up city: 120 units, $(number "$tickets") tickets in March 2024"
		from=2024-03-01 to=2024-03-31 first_ticket=""
		return
	fi
	send=(hotline-replay)
	[[ -z $mapping ]] || send+=(--mapping "$mapping")
	# What is in it is found out by reading it once without sending.
	"${send[@]}" --dry-run "$events" 2> "$dir/read" | awk '
		match($0, /"at":"[0-9-]+/) { day = substr($0, RSTART + 6, 10); if (!n++ || day < from) from = day; if (day > to) to = day }
		match($0, /"ticket_id":"[^"]+/) && !ticket { ticket = substr($0, RSTART + 13, RLENGTH - 13) }
		END { print n + 0, from, to, ticket }' > "$dir/range" || { cat "$dir/read" >&2; exit 1; }
	read -r count from to first_ticket < "$dir/range"
	[[ $count -gt 0 ]] || { cat "$dir/read" >&2; echo "demo.sh: there are no events in $events" >&2; exit 1; }
	[[ -n $kafka || $count -le $embedded_events ]] || { echo "demo.sh: $(number "$count") events are more than the embedded broker holds: add --kafka" >&2; exit 2; }
	send+=("$events")
	source_text="$(number "$count") events of $(basename "$events"), $from to $to"
	[[ $events != "$boston" ]] || source_text="Boston's 311, real cases: $(number "$count") events, $from to $to"
}

# The made-up city has a roster, so that its units have districts and groups.
choose_policy() {
	policy=$root/deploy/policy/default.yaml
	[[ -n $tickets ]] || return 0
	policy=$dir/policy/city.yaml
	mkdir -p "$dir/policy"
	"${send[@]}" --output - --write-roster "$dir/policy/units.yaml" > /dev/null 2> "$dir/read" || { cat "$dir/read" >&2; exit 1; }
	{ cat "$root/deploy/policy/default.yaml"; printf '\nroster: units.yaml\n'; } > "$policy"
}

seconds() { awk -v from="$1" -v to="$2" 'BEGIN { printf "%.1f", to - from }'; }

# --- the demo ---

title "A service hotline, on this machine"
if [[ -z $build ]]; then
	say "Programs: built if needed"
	ensure_built
	build=$root/build/release
fi
build=$(realpath "$build")
ensure_packages run
trap finish EXIT
trap 'trap "" INT TERM HUP; exit 130' INT
trap 'trap "" INT TERM HUP; exit 143' TERM HUP
dir=$(mktemp -d "${TMPDIR:-/tmp}/hotline-demo.XXXXXX")
mkdir "$dir/bin"
for name in $hotline_programs; do ln -s "$(program_in "$build" "$name")" "$dir/bin/$name"; done
PATH=$dir/bin:$PATH
# shellcheck disable=SC2086  # a list of names
unset ${!HOTLINE_@}

choose_events
choose_policy
say "Events:   $source_text"
say "Starting: Redis, $([[ -n $kafka ]] && echo Kafka || echo "an embedded broker"), consumers"
# shellcheck disable=SC2086  # one word or none
"$root/deploy/local.sh" up $kafka --build "$build" --policy "$policy" --dir "$dir" > "$dir/up"
eval "$("$root/deploy/local.sh" env --dir "$dir")"
sed '/^Ready/,$d; s/^/    /' "$dir/up"

title "Sending and counting"
start=$EPOCHREALTIME
"${send[@]}" > "$dir/sent" 2>&1 || { cat "$dir/sent" >&2; exit 1; }
sed 's/^/  /' "$dir/sent"
settle 120 progress || { end_progress; echo "demo.sh: the counters did not come to rest; see $dir/logs" >&2; exit 1; }
end_progress
taken=$(seconds "$start" "$settled_at")
say "taken in, counted and judged $taken s after the first was sent"
if [[ -z $kafka ]]; then
	for partition in 0 1 2 3; do
		low=$(kcat -Q -b "$HOTLINE_BROKERS" -t "hotline.ticket-events:$partition:-2" | sed 's/.* //')
		[[ $low == 0 ]] || { echo "demo.sh: the embedded broker was too small for this; use --kafka" >&2; exit 1; }
	done
fi

title "What holds now"
shown 30 hotline status
shown "$rows" hotline units --from "$from" --to "$to" --sort dispatched
hotline alerts > "$dir/alerts" 2>&1 || { cat "$dir/alerts" >&2; exit 1; }
alerts=$(($(wc -l < "$dir/alerts") - 1))
printf '\n  $ hotline alerts        (the newest of %s)\n' "$(number "$alerts")"
{ head -1 "$dir/alerts"; tail -n +2 "$dir/alerts" | tail -n "$rows"; } | indent
ticket=$(hotline alerts --format jsonl 2>/dev/null | sed -n 's/.*"ticket_id": *"\([^"]*\)".*/\1/p' | head -1 || true)
ticket=${ticket:-$first_ticket}
[[ -z $ticket ]] || shown 40 hotline ticket "$ticket"

events_sent=$(grep -oE '[0-9]+ events' "$dir/sent" | head -1 || true)
summary="$(number "${events_sent:-?}") through $([[ -n $kafka ]] && echo Kafka || echo "the embedded broker"), $(number "$alerts") alerts, in $taken s."
finished=yes

if [[ $once == no ]]; then
	title "Look further, in another terminal"
	cat << END
  eval "\$($root/deploy/local.sh env --dir $dir)"
  hotline --help
  hotline alerts --follow                     # what comes from now on
  hotline units --dimension category --from $from --to $to
  redis-cli -p ${HOTLINE_REDIS#*:} hgetall 'hotline:{city}:${from%-*}'
  kcat -C -b $HOTLINE_BROKERS -t hotline.alerts -e -f '%T %k\\n'
  echo '{"ticket_id":"mine","at":"${to}T09:00:00+08:00","type":"dispatched","unit":"xlt-zhujian","due_at":"${to}T09:00:01+08:00"}' | hotline-replay -
END
	title "Ctrl-C stops everything."
	exec {never}<> <(:)  # nothing is ever written there, and no process is needed for waiting
	read -r -u "$never" || true
fi
