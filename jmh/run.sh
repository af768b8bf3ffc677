#!/usr/bin/env bash
# Builds the benchmarks and runs them: jmh/run.sh [JMH options and patterns], for example
#   jmh/run.sh DirectConvBench -p layer=resnet50:res2a_branch2b -jvmArgsAppend -Dtilewise.shapes=FILE
set -euo pipefail
cd "$(dirname "$0")/.."
mvn -B -ntp -q -Pjmh test-compile process-test-classes
java=$(.ci/java-home)/bin/java
classes=target/test-classes:target/classes:$(cat target/benchmark-class-path.txt)
exec "$java" --add-modules jdk.incubator.vector -cp "$classes" org.openjdk.jmh.Main "$@"
