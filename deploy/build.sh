# shellcheck shell=bash disable=SC2154  # root is set by whoever sources this
# build.sh - our programs, built as released into build/release when they are missing or older than their sources. Sourced, after packages.sh; wants $root.

hotline_programs="hotline hotline-tickets hotline-units hotline-replay hotline-simulate hotline-topics devbroker"

program_in() {  # program_in BUILD_DIR NAME: prints its path
	local path
	path=$(find "$1" -name "$2" -type f -perm -u+x -not -path '*/CMakeFiles/*' -print -quit 2>/dev/null)
	[[ -n $path ]] && echo "$path"
}

is_built() {  # is_built BUILD_DIR: every program is there
	local name
	for name in $hotline_programs; do
		program_in "$1" "$name" > /dev/null || return 1
	done
}

# The mark is as old as the last build, whichever file that build had to touch.
is_fresh() {
	is_built "$root/build/release" && [[ -e $root/build/release/.built ]] &&
		[[ -z $(find "$root"/{CMakeLists.txt,CMakePresets.json,common,consumers,producers,proto,deploy/topics,deploy/devbroker} -newer "$root/build/release/.built" \
			\( -name '*.[ch]' -o -name '*.proto' -o -name '*.cmake' -o -name '*.txt' -o -name '*.json' \) -print -quit) ]]
}

# One at a time: two demos may start together.
ensure_built() {
	local log=$root/build/release.log
	! is_fresh || return 0
	ensure_packages build || return 1
	mkdir -p "$root/build/release"
	echo "Building into build/release ..." >&2
	(
		flock 9
		! is_fresh || exit 0
		mark=$(mktemp "$root/build/release/.mark.XXXXXX")
		# shellcheck disable=SC2086  # a list of words
		cd "$root" && cmake --preset release && cmake --build --preset release -j "$(nproc)" --target $hotline_programs && mv "$mark" build/release/.built
	) > "$log" 2>&1 9> "$root/build/release/.lock" || {
		rm -f "$root"/build/release/.mark.*
		grep -E 'error|Error|FAILED|No package' "$log" | head -30 >&2
		echo "The build failed; all of it: $log" >&2
		return 1
	}
}
