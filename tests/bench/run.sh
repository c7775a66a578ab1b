#!/bin/bash
# run.sh [--tickets N] [--idle S] [--timeout S] [--consumers N] [--profile] [--rules all|main|both] [--days N] [--keep] - what a city's events cost on this machine: one table, ours beside a bare reference.
# run.sh --peers DIR [--tickets N] [--keep] [PEER...]                - our row beside those of other stream processors, measured by their harness.
# run.sh --delay [--deadlines N] [--seconds S] [--highest N] [--midnight N] - how long after its instant a timed alert lies in Kafka.
# run.sh --scale [--stored N...] [--consumers N...] [--further N] [--hour N] - the cost beside 10 thousand to 10 million tickets, with several consumers, after a stop.
#
# Starts a Kafka, Redis and programs of its own and stops them; --keep keeps its directory and names it. Programs are taken from $HOTLINE_BUILD, or built as
# released. README.md says what the rows mean.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
# shellcheck source=deploy/packages.sh
. "$root/deploy/packages.sh"

peers="" what=bench.py rest=()
while [[ $# -gt 0 ]]; do
	case $1 in
		--peers) [[ $# -ge 2 ]] || { echo "run.sh: --peers needs the directory of the harness" >&2; exit 2; }; peers=$2; shift ;;
		--delay) what=delay.py ;;
		--scale) what=scale.py ;;
		--keep) export KEEP=1 ;;
		-h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
		*) rest+=("$1") ;;
	esac
	shift
done

if [[ -z ${HOTLINE_BUILD:-} ]]; then
	ensure_packages build run kafka
	export HOTLINE_BUILD=$root/build/release
	mkdir -p "$root/build"
	(cd "$root" && cmake --preset release && cmake --build --preset release) > "$root/build/release.log" 2>&1 ||
		{ tail -n 30 "$root/build/release.log" >&2; exit 1; }
fi
[[ -z $peers ]] || exec "$here/peers.sh" "$peers" ${rest[@]+"${rest[@]}"}
exec python3 -B "$here/$what" ${rest[@]+"${rest[@]}"}
