#!/bin/bash
# peers.sh DIR [--tickets N] [PEER...] - our row beside those of the peers, all by the peers' own harness in DIR. Called by run.sh --peers.
#
# The harness builds in place, so a copy of it is used. A PEER is a folder of it with options in the same word; `hotline` is ours. A peer that is not there, or that does not come through, is a line that says so.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
harness=$1 tickets=1000000 peers=()
shift
while [[ $# -gt 0 ]]; do
	case $1 in
		--tickets) tickets=$2; shift ;;
		-*) echo "peers.sh: what is \"$1\"? With --peers there is only --tickets N" >&2; exit 2 ;;
		*) peers+=("$1") ;;
	esac
	shift
done
[[ ${#peers[@]} != 0 ]] || peers=(hotline "ceiling --plain" "naive --pipeline 2000" flink kstreams)
[[ -x $harness/run.sh ]] || { echo "peers.sh: there is no harness in $harness" >&2; exit 1; }

tmp=$(mktemp -d "${TMPDIR:-/tmp}/hotline-peers.XXXXXX")
# The harness that is under way stops what it started when it is asked to.
# shellcheck disable=SC2317  # called by the trap
finish() {
	trap - EXIT
	[[ -z ${child:-} ]] || { kill "$child" 2> /dev/null && wait "$child"; }
	if [[ -n ${KEEP:-} ]]; then echo "kept $tmp"; else rm -rf "$tmp"; fi
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
cp -r "$harness" "$tmp/peers"
chmod -R u+w "$tmp/peers"
ln -s "$here/peer" "$tmp/peers/hotline"

rc=0 options=(--aof)
[[ -z ${KEEP:-} ]] || options+=(--keep)
for peer in "${peers[@]}"; do
	if [[ ! -x $tmp/peers/${peer%% *}/run ]]; then
		printf '%-28s is not there\n' "$peer"
		continue
	fi
	"$tmp/peers/run.sh" "${options[@]}" "$peer" "$tickets" 2> "$tmp/log" &
	child=$!
	if ! wait "$child"; then
		printf '%-28s did not come through:\n' "$peer"
		tail -n 5 "$tmp/log"
		[[ $peer != hotline ]] || rc=1
	fi
	child=""
	[[ " ${options[*]} " == *" --no-header "* ]] || options+=(--no-header)
done
exit "$rc"
