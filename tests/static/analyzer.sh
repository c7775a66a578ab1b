#!/bin/bash
# analyzer.sh - gcc's own analyzer (-fanalyzer) over all of our C: the preset of that name, where what it finds is an error.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$(gcc -dumpversion)
[[ $version == 12* ]] || { echo "SKIP: gcc $version is another than what the code was made clean with"; exit 77; }  # each finds something else, and much that is not so
log=build/analyzer.log
mkdir -p build
if ! { cmake --preset analyzer && cmake --build --preset analyzer -j "$(nproc)" -- -k 0; } > "$log" 2>&1; then
	grep -vE '^\[[0-9]+/[0-9]+\] (Building|Linking|Generating)|^-- ' "$log" | tail -n 200
	exit 1
fi
echo "nothing found"
