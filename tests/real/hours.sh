#!/bin/bash
# hours.sh [HOURS] - chaos for so long (2): city after city, each with a seed of its own, which is printed. With the embedded broker and a real Kafka in turn, and on
# a bad network before a real one, five minutes of events each. Stops at the first that fails.
set -euo pipefail
cd "$(dirname "$0")"
until_s=$(($(date +%s) + ${1:-2} * 3600))
rounds=0
export HOTLINE_CHAOS_SECONDS=${HOTLINE_CHAOS_SECONDS:-300}
run() { echo "--- $*"; python3 -B "$@"; }
while (($(date +%s) < until_s)); do
	run chaos.py devbroker
	run chaos.py kafka
	run network.py kafka
	rounds=$((rounds + 1))
done
echo "$rounds rounds, nothing was different, $(date -u +%F)"
