#!/bin/bash
# coverage.sh [SEEDS] - builds with gcov, runs the levels pure, cases and loop, SEEDS seeds of the simulation (20) and the real tests without a real Kafka, and prints
# for each of our C files how much of its lines and branches ran. What a program that is killed had run is not counted. Takes some ten minutes on one core.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=deploy/packages.sh
. deploy/packages.sh
ensure_packages build test run
build=build/coverage
{ cmake --preset coverage && cmake --build --preset coverage -j "$(nproc)"; } > build/coverage.log 2>&1 || { tail -n 40 build/coverage.log; exit 1; }
find "$build" -name '*.gcda' -delete
failed=0
ctest --test-dir "$build" -L '^(pure|cases|loop)$' -E 'walls|guards|install|oracle' -j "$(nproc)" --output-on-failure > build/coverage.log || failed=1
"$build/tests/sim/simulation" 1 "${1:-20}" >> build/coverage.log || failed=1
ctest --test-dir "$build" -L '^real$' -E '(_kafka|deploy-kafka|chaos_kill|boston|uci)$' -j "$(nproc)" --output-on-failure >> build/coverage.log || failed=1
python3 tests/coverage.py "$build"
[[ $failed == 0 ]] || { echo "some tests failed: build/coverage.log"; exit 1; }
