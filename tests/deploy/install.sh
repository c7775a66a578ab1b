#!/bin/bash
# install.sh - what `cmake --install` puts into a prefix works there: every program starts, and finds the files that come with it.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need cmake
cmake --install "$HOTLINE_BUILD" --prefix "$tmp/usr" > "$tmp/logs/install"
PATH=$tmp/usr/bin:$PATH
cd "$tmp"

for name in hotline-tickets hotline-units hotline hotline-replay hotline-simulate; do
	is_equal "path of $name" "$tmp/usr/bin/$name" "$(command -v "$name")"
	has_line "version of $name" '[0-9]+\.[0-9]+\.[0-9]+' "$("$name" --version)"
done
hotline-topics --list > /dev/null
devbroker --help > /dev/null

# Files that come with them, by name
printf 'CASE_ENQUIRY_ID,OPEN_DT\n' > cases.csv
hotline-replay --mapping boston311 --dry-run cases.csv 2> "$tmp/said" || ! grep -q 'none of that name' "$tmp/said" || fail "$(cat "$tmp/said")"
hotline check-config default > /dev/null
for file in redis.conf sentinel.conf; do
	[[ -f $tmp/usr/share/hotline/redis/$file ]] || fail "there is no $file"
done
