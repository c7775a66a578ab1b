#!/bin/sh
# copy_small.sh FROM TO NAME=VALUE... - copies a source with other values for limits that it defines. `enum { NAME = 5000 }` becomes `NAME = 3`.
set -eu
from=$1 to=$2
shift 2
mkdir -p "$(dirname "$to")"
script=
for limit; do
	script="$script;s/\\b${limit%%=*} = [0-9][0-9 *]*/${limit%%=*} = ${limit#*=}/"
done
sed "$script" "$from" >"$to"
