#!/bin/bash
# settings.sh - what is wrong with a setting ends a consumer with 78 before any server is asked; under the sanitizers that also means that nothing has leaked.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
printf 'zone: nonsense\n' > "$tmp/bad.yaml"
policy=$root/deploy/policy/default.yaml
for name in hotline-tickets hotline-units; do
	path=$(program "$name") || exit 77
	fails_with 78 "$path" -b 127.0.0.1:1 -r 127.0.0.1:1 --policy "$tmp/bad.yaml"
	has_line "why" "bad.yaml:1:7: zone must be" "$output"
	fails_with 78 "$path" -b 127.0.0.1:1 -r rediss://127.0.0.1:1 --policy "$policy"
	fails_with 78 "$path" -b 127.0.0.1:1 -r redis+sentinel://127.0.0.1:1,:2/m --policy "$policy"
	has_line "why" "HOST:PORT of Sentinel 2" "$output"
	fails_with 78 "$path" -b 127.0.0.1:1 -r 127.0.0.1:1 --policy "$policy" -X no.such.property=1
	fails_with 0 "$path" -b 127.0.0.1:1 -r 127.0.0.1:1 --policy "$policy" --check-config
done
