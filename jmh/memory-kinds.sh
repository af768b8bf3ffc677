#!/usr/bin/env bash
# Does the speed depend on what other code did with heap, mapped, confined and shared segments?
set -euo pipefail
cd "$(dirname "$0")/.."
mvn -B -ntp -q -Pjmh test-compile process-test-classes
java=$(.ci/java-home)/bin/java
classes=target/test-classes:target/classes:$(cat target/benchmark-class-path.txt)
for when in after before; do
  for case in "n1c256h56w56 k256f3s1p1" "n1c64h56w56 k64f3s1p1"; do
    "$java" --add-modules jdk.incubator.vector -cp "$classes" dev.tilewise.jmh.SteadySpeed kinds "$case" $when 2>/dev/null
  done
done
