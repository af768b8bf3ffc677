package dev.tilewise;

/**
 * How a convolution is run: nothing here may change a bit of the result.
 *
 * @param layout of input, residual and output
 * @param threads of the team
 * @param input where the input lies
 * @param residual where the residual lies
 * @param output where the output lies
 * @param offset floats by which the tensors miss the alignment of 64 bytes
 */
public record Setting(
    Layout layout,
    int threads,
    MemoryKind input,
    MemoryKind residual,
    MemoryKind output,
    int offset) {

  static final Setting PLAIN =
      new Setting(Layout.NHWC, 1, MemoryKind.SHARED, MemoryKind.SHARED, MemoryKind.SHARED, 0);

  private static final Workers[] TEAMS = new Workers[9];

  Setting with(Layout other) {
    return new Setting(other, threads, input, residual, output, offset);
  }

  Setting withThreads(int count) {
    return new Setting(layout, count, input, residual, output, offset);
  }

  /** A team that lives as long as the tests. */
  Workers workers() {
    synchronized (TEAMS) {
      if (TEAMS[threads] == null) {
        TEAMS[threads] = Workers.of(threads);
      }
      return TEAMS[threads];
    }
  }
}
