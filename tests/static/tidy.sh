#!/bin/bash
# tidy.sh [FILE...] - clang-tidy with the checks of .clang-tidy over all of our C, or these files. Prints what it finds; exit status 1 when that is anything.
set -euo pipefail
cd "$(dirname "$0")/../.."
command -v clang-tidy > /dev/null || { echo "SKIP: clang-tidy is not installed"; exit 77; }
version=$(clang-tidy --version | sed -n 's/.*version \([0-9]*\).*/\1/p')
[[ $version == 14 ]] || { echo "SKIP: clang-tidy $version is another than what the code was made clean with"; exit 77; }
build=build/clang
mkdir -p "$build"
{ cmake --preset clang && cmake --build --preset clang --target wire; } > "$build/tidy.log" 2>&1 || { tail -n 20 "$build/tidy.log"; exit 1; }
# What the build compiles of ours. The small copies of the simulation are the consumers' own files, and are not made here, so those that include them are left out.
files=${*:-$(python3 -c '
import json, os, sys
root = os.getcwd() + os.sep
names = {os.path.normpath(os.path.join(row["directory"], row["file"])) for row in json.load(open(sys.argv[1]))}
print(*sorted(name[len(root):] for name in names if name.startswith(root) and not name.startswith(root + "build" + os.sep) and "/sim/instance_" not in name), sep="\n")
' "$build/compile_commands.json")}
[[ -n $files ]]
if ! found=$(xargs -n 4 -P "$(nproc)" clang-tidy -p "$build" --quiet --warnings-as-errors='*' <<< "$files" 2> /dev/null); then
	echo "$found"
	exit 1
fi
echo "$(wc -l <<< "$files") files, nothing found"
