#!/usr/bin/env bash
# Tilewise beside oneDNN, ONNX Runtime and PyTorch in one process; jmh/peers.sh --help lists the options. For example
#   jmh/peers.sh --case "n1c64h56w56 k64f3s1p1"
#   jmh/peers.sh --net resnet50
#   jmh/peers.sh --shapes FILE --filter resnet50 --threads 2 --json FILE --markdown FILE --svg FILE
set -euo pipefail
cd "$(dirname "$0")/.."
threads=1
previous=
for argument in "$@"; do
  case $argument in --threads=*) threads=${argument#*=} ;; esac
  [ "$previous" != --threads ] || threads=$argument
  previous=$argument
done
mvn -B -ntp -q -Pjmh test-compile process-test-classes
java=$(.ci/java-home)/bin/java
classes=target/test-classes:target/classes:$(cat target/benchmark-class-path.txt)

# OpenMP reads its number of threads before anything can be called.
export OMP_NUM_THREADS=$threads OMP_DYNAMIC=false
# PyTorch allocates every result. What is freed stays in the process, or page faults would be part of its time.
export MALLOC_ARENA_MAX=1 MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=17179869184
# PyTorch's libraries are unpacked into target; nothing is fetched, nothing is reported.
export OPT_OUT_TRACKING=true
exec "$java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED -Djava.awt.headless=true \
  -Dai.djl.offline=true -Doffline=true -DENGINE_CACHE_DIR=target/djl -DDJL_CACHE_DIR=target/djl \
  -Dorg.bytedeco.javacpp.cachedir=target/javacpp -Dslf4j.internal.verbosity=ERROR \
  -cp "$classes" dev.tilewise.jmh.PeerBench "$@"
