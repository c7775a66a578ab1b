#!/bin/bash
# results.sh - how tests are counted (tests/results.py), shown on what ctest itself writes about every way in which a test can end.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need ctest python3

mkdir "$tmp/suite"
cat > "$tmp/suite/CTestTestfile.cmake" << 'END'
add_test(good sh -c "echo SKIP: not really")
add_test(bad sh -c "exit 3")
add_test(slow sleep 20)
set_tests_properties(slow PROPERTIES TIMEOUT 1)
add_test(crash sh -c "kill -SEGV $$")
add_test(missing /nowhere/program)
add_test(skip sh -c "echo SKIP: no such tool; exit 77")
add_test(skip-allowed sh -c "echo SKIP: no ../shared/data/x; exit 77")
add_test(skip-mute sh -c "exit 77")
set_tests_properties(good bad skip skip-allowed skip-mute PROPERTIES SKIP_RETURN_CODE 77)
END
ctest --test-dir "$tmp/suite" --output-junit "$tmp/results.xml" > "$tmp/logs/ctest" 2>&1 || true

count() { python3 "$root/tests/results.py" "$tmp/results.xml" pure "$root/tests/allowed-skips"; }

said=$(CI='' count)
is_equal "counts" "1 4 3" "$(tail -1 <<< "$said")"
for test in bad slow crash; do has_line "failure" "^pure: $test: FAILED" "$said"; done
has_line "missing program" "^pure: missing: NOT RUN" "$said"
has_line "skip" "^pure: skip: skipped: no such tool" "$said"
has_line "mute skip" "^pure: skip-mute: skipped: no reason given" "$said"

said=$(CI=true count)
is_equal "counts in CI" "1 6 1" "$(tail -1 <<< "$said")"
has_line "allowed skip" "^pure: skip-allowed: skipped: .*allowed: " "$said"
has_line "skip in CI" "^pure: skip: SKIPPED, which in CI is a failure: no such tool" "$said"

# No file, no result
fails_with 1 python3 "$root/tests/results.py" "$tmp/none.xml" pure "$root/tests/allowed-skips"
