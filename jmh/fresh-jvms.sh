#!/usr/bin/env bash
# Twenty fresh JVMs in a row: when does each reach 90 % of its steady speed, and what is that speed?
# jmh/fresh-jvms.sh [NUMBER [CASE...]]
set -euo pipefail
cd "$(dirname "$0")/.."
count=${1:-20}
shift || true
[ $# -gt 0 ] || set -- "n1c256h56w56 k256f3s1p1" "n1c64h56w56 k64f3s1p1"
mvn -B -ntp -q -Pjmh test-compile process-test-classes
java=$(.ci/java-home)/bin/java
classes=target/test-classes:target/classes:$(cat target/benchmark-class-path.txt)
for case in "$@"; do
  for _ in $(seq "$count"); do
    "$java" --add-modules jdk.incubator.vector -cp "$classes" dev.tilewise.jmh.SteadySpeed start "$case" 2>/dev/null
  done
done | tee target/fresh-jvms.txt
if grep -q LATE target/fresh-jvms.txt; then
  echo "some were late"
  exit 1
fi
