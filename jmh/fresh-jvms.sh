#!/usr/bin/env bash
# Twenty fresh JVMs in a row: when does each reach 90 % of its steady speed, and what is that speed?
# jmh/fresh-jvms.sh [NUMBER [CASE...]]; fails if one takes more than 3 s, or stays below 0.7 of the others' median.
set -euo pipefail
cd "$(dirname "$0")/.."
count=${1:-20}
shift || true
[ $# -gt 0 ] || set -- "n1c256h56w56 k256f3s1p1" "n1c64h56w56 k64f3s1p1" "n1c1024h14w14 k256f1"
mvn -B -ntp -q -Pjmh test-compile process-test-classes
java=$(.ci/java-home)/bin/java
classes=target/test-classes:target/classes:$(cat target/benchmark-class-path.txt)

# Minimum, median and maximum of column $1 of the runs, counted from the right.
spread() {
  awk -v column="$1" '{ print $(NF - column) }' target/fresh-jvms.txt | sort -n |
    awk '{ v[NR] = $1 } END { print v[1], v[int((NR + 1) / 2)], v[NR] }'
}

failed=0
for case in "$@"; do
  for _ in $(seq "$count"); do
    "$java" --add-modules jdk.incubator.vector -cp "$classes" dev.tilewise.jmh.SteadySpeed start "$case" 2>/dev/null
  done | tee target/fresh-jvms.txt
  seconds=$(spread 9)
  shares=$(spread 3)
  echo "$case: $count JVMs; seconds to 90 %, min median max: $seconds; steady share of the peak: $shares"
  echo "$seconds $shares" | awk '{ exit !($3 <= 3 && $4 >= 0.7 * $5) }' || failed=1
done
exit $failed
