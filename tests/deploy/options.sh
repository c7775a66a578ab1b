#!/bin/bash
# options.sh [--update] - deploy/options.md says what the programs say of their own options. --update writes it anew.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
page=$root/deploy/options.md

write_page() {
	local name path
	cat << 'END'
# Options

Made by `tests/deploy/options.sh --update` from what the programs say themselves. A flag wins over the environment, the environment over the file of `--config`,
the file over the default. Durations are whole numbers with a unit: 500ms, 10s, 3h, 7d. A list in the environment is separated by `;`.
END
	for name in hotline-tickets hotline-units hotline hotline-replay hotline-simulate; do
		path=$(program "$name") || exit 77
		printf '\n## %s\n\n' "$name"
		# shellcheck disable=SC2016  # backticks of Markdown
		[[ $name != hotline ]] || printf 'All commands together; `hotline COMMAND --help` tells which are whose.\n\n'
		env -i PATH="$PATH" LC_ALL=C.UTF-8 "$path" --manual
	done
	for name in hotline-topics devbroker; do
		path=$(program "$name") || exit 77
		printf '\n## %s\n\n' "$name"
		"$path" --help | sed 's/^/    /; s/ *$//'
	done
}

write_page > "$tmp/options.md"
if [[ ${1:-} == --update ]]; then
	mkdir -p "$root/docs"
	cp "$tmp/options.md" "$page"
elif ! diff -u "$page" "$tmp/options.md"; then
	fail "deploy/options.md is not what the programs say: tests/deploy/options.sh --update"
fi
