#!/bin/bash
# walls.sh [DIR] - the rules of the house that a machine can check: who includes what, calls that are not made here, what was forgotten.
#
# Each wall is a function that prints what it found, as FILE:LINE: what is wrong and what to do instead. Before the tree is looked at, every wall is shown a
# small tree that breaks it and one that does not: a wall that finds nothing is worth nothing if it cannot find anything.
# shellcheck disable=SC2016,SC2046,SC2086,SC2317  # lists of files are words here (no name has a blank), walls are called by name, snippets are text
set -euo pipefail
export LC_ALL=C.UTF-8
tree=$(cd "${1:-$(dirname "$0")/..}" && pwd)
mine=tests/walls.sh  # it names what it forbids

# What is in the repository; in a tree without one, every file.
list_files() {
	local file
	{ git ls-files 2>/dev/null || find . -type f -not -path './build/*' -not -path './.git/*' -not -path './deploy/kafka/lib/*' -not -path '*/node_modules/*' -printf '%P\n'; } |
		while IFS= read -r file; do [[ ! -f $file ]] || printf '%s\n' "$file"; done
}
files() { printf '%s\n' "$all_files" | grep -E -- "$1" | grep -Ev -- "${2:-^$}" || true; }  # files PATTERN [BUT_NOT]
code='\.[ch]$'

# C without comments, and with empty strings, as FILE:LINE:TEXT. The tree's is made once: it is what takes the time.
bare() {  # bare FILES
	[[ $PWD != "$tree" ]] || { wanted=$1 awk -F: 'BEGIN { n = split(ENVIRON["wanted"], f, "\n"); for (i = 1; i <= n; i++) want[f[i]] = 1 } $1 in want' "$proof/bare"; return; }
	bare_now "$1"
}
bare_now() {
	[[ -z $1 ]] || gcc -fpreprocessed -dD -E -w -x c $1 2> /dev/null | awk '
		/^# [0-9]+ "/ { line = $2 - 1; file = $3; gsub(/"/, "", file); next }
		{ line++; gsub(/"([^"\\]|\\.)*"/, "\"\""); print file ":" line ":" $0 }'
}

# seen FILES PATTERN TEXT: a line of text for each place where the bare C fits the pattern.
seen() {
	bare "$1" | pattern=$2 text=$3 awk '
		{ match($0, /^[^:]*:[0-9]+:/); place = substr($0, 1, RLENGTH) }
		substr($0, RLENGTH + 1) ~ ENVIRON["pattern"] { print place " " ENVIRON["text"] }'
}

included() {  # included HEADER ALLOWED TEXT: a line for each file but the allowed ones that includes the header
	grep -nHE "^[[:space:]]*#[[:space:]]*include.*$1" $(files "$code" "$2") /dev/null | sed -E "s=^([^:]*:[0-9]+):.*=\1: $3=" || true
}

wall_clients() {  # only one module knows each client
	included 'rdkafka' '^(common/kafka(_[a-z]+)?\.[ch]|deploy/(devbroker|topics)/.*|tests/.*)$' 'only common/kafka*.c know librdkafka: use kafka.h'
	included '"kafka_client\.h"' '^(common/kafka(_[a-z]+)?\.[ch]|tests/.*)$' 'only common/kafka*.c know librdkafka: use kafka.h'
	included 'hiredis' '^(common/redis(_[a-z]+)?\.c|tests/.*)$' 'only common/redis*.c know hiredis: use redis.h'
	included '\.pb-c\.h' '^(common/wire(_[a-z]+)?\.c|tests/.*)$' 'only common/wire.c and wire_*.c know the generated messages: use wire.h'
}

wall_clock() {  # only one file reads a clock; below it, time is handed down
	seen "$(files "$code" '^(common/clock\.c|tests/.*)$')" '(^|[^[:alnum:]_.>])(time|gettimeofday|clock_gettime|timespec_get|ftime)[[:space:]]*\(|[^[:alnum:]_]CLOCK_(REALTIME|MONOTONIC|BOOTTIME|TAI)' \
		'only common/clock.c reads a clock: take the time as an argument'
}

# What the core may not see, beside the headers of shell_sources.
outside='kafka\.h|redis\.h|clock\.h|log\.h|time\.h|sys/time\.h|unistd\.h|poll\.h|sys/socket\.h|librdkafka/.*|hiredis/.*|.*\.pb-c\.h|threads\.h|stdatomic\.h|fcntl\.h'

wall_core() {  # the pure core includes no header of the shell, nor do the headers that it includes
	[[ -f common/sources.cmake ]] || return 0
	local shell queue file done=" " header line shell_headers
	shell=$(sed -n '/^set(shell_sources/,/^)/p' common/sources.cmake | grep -o 'common/[^ )]*\.c' || true)
	shell_headers=$(for file in $shell; do basename "${file%.c}.h"; done | sed 's/\./\\./g' | paste -sd'|')
	queue=$(sed -n '/^set(core_sources/,/^)/p' common/sources.cmake | grep -o 'common/[^ )]*\.c' || true)
	while read -r file queue <<< "${queue//$'\n'/ }" && [[ -n $file ]]; do
		[[ $done != *" $file "* && -f $file ]] || continue
		done+="$file "
		while IFS=: read -r line header; do
			if [[ $header =~ ^($outside${shell_headers:+|$shell_headers})$ ]]; then
				echo "$file:$line: the core may not include $header: hand down what it needs"
			elif [[ -f common/$header ]]; then
				queue+=" common/$header"
			fi
		done < <(grep -nE '^[[:space:]]*#[[:space:]]*include' "$file" | sed -E 's/^([0-9]+):.*[<"]([^>"]+)[>"].*/\1:\2/')
	done
}

# Name, what to use instead.
banned='strcpy|text_copy or memcpy
stpcpy|text_copy or memcpy
strncpy|text_copy, which never cuts
strcat|snprintf into a buffer whose end is known
strncat|snprintf into a buffer whose end is known
sprintf|snprintf
vsprintf|vsnprintf
gets|getline
atoi|strtol with the end checked
atol|strtol with the end checked
atoll|strtoll with the end checked
atof|integers in the smallest unit
strtok|strcspn, or a struct text
strtok_r|strcspn, or a struct text
rand|a generator with a seed of its own
srand|a generator with a seed of its own
random|a generator with a seed of its own
drand48|a generator with a seed of its own
system|nothing: programs here start no programs
popen|nothing: programs here start no programs
alloca|a buffer with a named size
setjmp|a status
longjmp|a status
sleep|poll with a timeout, for the event that is waited for
usleep|poll with a timeout, for the event that is waited for
nanosleep|poll with a timeout, for the event that is waited for
localtime|civil.h: the time zone of the city, not of the machine
localtime_r|civil.h: the time zone of the city, not of the machine
asctime|civil.h: the time zone of the city, not of the machine
ctime|civil.h: the time zone of the city, not of the machine'

wall_calls() {  # calls that are not made here
	bare "$(files "$code")" | awk -v list="$banned" '
		BEGIN { n = split(list, row, "\n"); for (i = 1; i <= n; i++) { split(row[i], part, "|"); instead[part[1]] = part[2] } }
		{
			match($0, /^[^:]*:[0-9]+:/); place = substr($0, 1, RLENGTH); rest = substr($0, RLENGTH + 1)
			while (match(rest, /[A-Za-z_][A-Za-z_0-9]*[ \t]*\(/)) {
				before = RSTART > 1 ? substr(rest, RSTART - 1, 1) : ""
				name = substr(rest, RSTART, RLENGTH - 1); sub(/[ \t]+$/, "", name)
				if (name in instead && before !~ /[.>0-9]/)
					print place " banned call " name ": use " instead[name]
				rest = substr(rest, RSTART + RLENGTH)
			}
		}'
}

wall_shape() {  # one forward goto, no typedef of a struct, a first line that says what a header is for
	seen "$(files "$code")" '(^|[^[:alnum:]_])goto[[:space:]]+([^o]|o[^u]|ou[^t]|out[[:alnum:]_])' 'the only goto is a forward "goto out": make it a function'
	seen "$(files "$code")" '(^|[^[:alnum:]_])typedef[[:space:]]+(struct|enum|union)' 'structs and enums have no typedef here'
	local file
	for file in $(files '\.h$'); do
		head -1 "$file" | grep -q "^// ${file##*/} - " || echo "$file:1: the first line is \"// ${file##*/} - what it is for\""
	done
}

wall_forgotten() {  # notes to oneself
	grep -nHwE 'FIXME|TODO|XXX|HACK' $(files '.' "^($mine|.*\.(csv|lock|svg|png|ico|woff2?)|.*\.min\.js|.*/vendor/.*|.*/recorded/.*)$") /dev/null |
		grep -v '^Binary' | sed -E 's/^([^:]*:[0-9]+):.*/\1: do it, or say in a sentence why it is not done/' || true
}

wall_paths() {  # somebody's machine
	grep -nHE "(^|[^[:alnum:]_./-])/(home|root|work|Users|mnt|private)/[[:alnum:]]" $(files '.' "^($mine|.*\.(csv|lock|svg|png)|.*/vendor/.*)$") /dev/null |
		grep -v '^Binary' | sed -E 's/^([^:]*:[0-9]+):.*/\1: a path of one machine/' || true
}

wall_registered() {  # every source is built, every test is run
	local file stem name lists made
	lists=$(files '(^|/)(CMakeLists\.txt|[^/]*\.cmake)$')
	# A name with a variable in it, instance_${program}.c, stands for all that fit.
	made=$(grep -hoE '[[:alnum:]_]*\$\{[[:alnum:]_]+\}[[:alnum:]_]*\.c\b' $lists /dev/null | sed -E 's/\$\{[^}]*\}/[[:alnum:]_]+/g; s/\.c$/\\.c/' | sort -u | paste -sd'|' || true)
	for file in $(files '\.c$'); do
		grep -qwF -- "${file##*/}" $lists /dev/null || { [[ -n $made ]] && grep -qxE -- "$made" <<< "${file##*/}"; } || echo "$file:1: no CMakeLists.txt or .cmake names it"
	done
	for file in $(files '^tests/.*\.(sh|py)$' '^tests/(run|lib)\.sh$'); do
		name=${file##*/} stem=${name%.*}
		grep -qwF -- "$name" $lists $(files '^tests/.*\.(sh|py|c|h)$|^\.ci/' "^$file$") /dev/null && continue
		grep -qE -- "\((.* )?$stem( |\))" "${file%/*}/CMakeLists.txt" 2>/dev/null && continue
		grep -qE -- "^[[:space:]]*(import|from) $stem\b" $(files '^tests/.*\.py$' "^$file$") /dev/null && continue
		echo "$file:1: no CMakeLists.txt runs it and no other test uses it"
	done
}

wall_scripts() {  # scripts that pass their own checker
	local scripts
	command -v shellcheck > /dev/null || { echo "SKIP: shellcheck is not installed" >&2; return 0; }
	scripts=$({ files '\.sh$'; for file in $(files '.' '\.'; files '^\.ci/'); do head -c 64 "$file" | head -1 | grep -aqE '^#!.*(bash|/sh)' && echo "$file"; done; } | sort -u)
	[[ -z $scripts ]] || shellcheck -f gcc $scripts || true
}

walls="clients clock core calls shape forgotten paths registered scripts"

look() {  # look WALL DIR: what it finds there
	cd "$2"
	all_files=$(list_files)
	"wall_$1"
}

# --- proof that each wall stands ---

proof=$(mktemp -d "${TMPDIR:-/tmp}/hotline-walls.XXXXXX")
trap 'rm -rf "$proof"' EXIT
weak=0

put() { mkdir -p "$(dirname "$proof/tree/$1")"; printf '%b' "$2" > "$proof/tree/$1"; }

catches() {  # catches WALL FILE CONTENT [WANTED]: the content in that file is found (a word of what is said can be asked for)
	local found
	put "$2" "$3"
	found=$(look "$1" "$proof/tree")
	grep -F -- "$2:" <<< "$found" | grep -qF -- "${4:-}" || { echo "wall \"$1\" does not catch $2: $3" >&2; weak=1; }
	rm "$proof/tree/$2"
}
lets_pass() {  # lets_pass WALL FILE CONTENT
	local found
	put "$2" "$3"
	found=$(look "$1" "$proof/tree")
	! grep -qF -- "$2:" <<< "$found" || { echo "wall \"$1\" is wrong about $2: $3 ($found)" >&2; weak=1; }
	rm "$proof/tree/$2"
}

prove() {
	mkdir "$proof/tree"
	catches clients common/shard.c '#include <librdkafka/rdkafka.h>\n' kafka.h
	catches clients consumers/units/main.c '# include <hiredis/hiredis.h>\n' redis.h
	catches clients common/kafka.c '#include "ticket_event.pb-c.h"\n' wire.h
	lets_pass clients common/kafka.c '#include <librdkafka/rdkafka.h>\n'
	lets_pass clients common/wire_alert.c '#include "alert.pb-c.h"\n'
	lets_pass clients tests/kafka/t.c '#include <librdkafka/rdkafka.h>\n'

	local call
	for call in 'time(NULL)' 'gettimeofday (&t, 0)' 'clock_gettime(CLOCK_REALTIME, &t)' 'f(1, CLOCK_MONOTONIC)'; do
		catches clock common/shard.c "int f(void)\n{\n\treturn $call;\n}\n" :3:
	done
	lets_pass clock common/clock.c 'int f(void) { return time(NULL); }\n'
	lets_pass clock common/shard.c '// reads time(NULL)\nint f(void) { return due_time(1) + x.time(2) + g("time(NULL)"); }\n'

	put common/sources.cmake 'set(core_sources\n\tcommon/ticket.c\n)\nset(shell_sources\n\tcommon/store.c\n)\n'
	put common/other.h '#include "store.h"\n'
	catches core common/ticket.c '#include <stdint.h>\n#include "store.h"\n' :2:
	catches core common/ticket.c '#include <time.h>\n' time.h
	put common/ticket.c '#include "other.h"\n'
	catches core common/other.h '#include "redis.h"\n' redis.h
	lets_pass core common/ticket.c '#include <stdint.h>\n#include "text.h"\n'
	rm -r "$proof/tree/common"

	# All at once, a line each: looking is what takes the time.
	local names found line=0
	names=$(cut -d'|' -f1 <<< "$banned")
	put tests/a/a.c "$(printf 'int a = %s (s);\\n' $names)"
	found=$(look calls "$proof/tree")
	for call in $names; do
		line=$((line + 1))
		grep -qF "tests/a/a.c:$line: banned call $call:" <<< "$found" || { echo "wall \"calls\" does not catch $call" >&2; weak=1; }
	done
	rm "$proof/tree/tests/a/a.c"
	catches calls common/a.c 'int f(char *s)\n{\n\treturn gets(s);\n}\n' ':3: banned call gets:'
	lets_pass calls common/a.c '/* gets(s) */ int a = my_rand(1) + x->system(2) + snprintf(s, 1, "atoi(1)") + strspn(s, t);\n'

	catches shape common/a.c 'void f(void)\n{\n\tgoto again;\n}\n' :3:
	catches shape common/a.c 'void f(void) { goto output; }\n'
	catches shape common/a.h '// a.h - a\ntypedef struct a b;\n' :2:
	catches shape common/a.h '// b.h - something else\n'
	lets_pass shape common/a.h '// a.h - a thing\ntypedef unsigned name_id;\nstruct a;\n'
	lets_pass shape common/a.c 'int f(void) { if (1) goto out;\nout:\n\treturn 1; }\n'

	for call in FIXME TODO XXX HACK; do
		catches forgotten docs/a.md "a\n$call: later\n" :2:
	done
	lets_pass forgotten common/a.c '// every ticket that is still TODOne and XXXL\n'

	catches paths deploy/a.sh '#!/bin/bash\ncat /home/someone/x\n' :2:
	catches paths README.md 'see `/''root/x`\n'
	lets_pass paths README.md 'see deploy/home/x, ../wor''k/x and https://a.b/home/x\n'

	put CMakeLists.txt 'add_executable(a a.c)\n'
	put tests/x/CMakeLists.txt 'add_script_test(known real 60)\n'
	catches registered common/b.c 'int b;\n'
	catches registered tests/x/lost.sh 'true\n'
	catches registered tests/x/test_lost.py 'pass\n'
	lets_pass registered common/a.c 'int a;\n'
	put tests/x/CMakeLists.txt 'add_script_test(known real 60)\nadd_library(l part_${name}.c)\n'
	lets_pass registered tests/x/part_one.c 'int a;\n'
	catches registered tests/x/other_one.c 'int a;\n'
	lets_pass registered tests/x/known.sh 'true\n'
	put tests/x/user.py 'import helper\n'
	lets_pass registered tests/x/helper.py 'pass\n'

	if command -v shellcheck > /dev/null; then
		catches scripts deploy/a.sh '#!/bin/bash\nrm -rf $1/x\n' SC2086
		catches scripts deploy/tool '#!/bin/bash\nrm -rf $1/x\n' SC2086
		lets_pass scripts deploy/a.sh '#!/bin/bash\nrm -rf "${1:?}/x"\n'
	fi
}

prove
[[ $weak == 0 ]] || exit 1

broken=0
(cd "$tree" && all_files=$(list_files) && bare_now "$(files "$code")") > "$proof/bare"
for wall in $walls; do
	found=$(look "$wall" "$tree" | sort -u)
	[[ -z $found ]] || { printf 'wall "%s":\n%s\n' "$wall" "$found"; broken=1; }
done
[[ $broken == 0 ]] && echo "$(wc -w <<< "$walls") walls stand"
exit $broken
