package dev.tilewise.internal.conv;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Winograd's algorithm with other tiles in other rectangles of the output: {@link WinogradCut}. */
public final class WinogradParts implements Forward {

  private final WinogradForward[] parts;
  // Of the parts behind the first. Their blocks are units of its last stage, in the middle: they
  // are smaller than its own, and two threads that come from both ends share them.
  private final int[] units;
  private final int rests;

  /**
   * Puts together.
   *
   * @param parts the largest first
   */
  public WinogradParts(List<WinogradForward> parts) {
    this.parts = parts.toArray(new WinogradForward[0]);
    units = new int[this.parts.length];
    int sum = 0;
    for (int i = 1; i < units.length; i++) {
      units[i] = this.parts[i].units(1, 0);
      sum = Math.addExact(sum, units[i]);
    }
    rests = sum;
  }

  private record Scratches(Scratch[] of) implements Scratch {}

  @Override
  public int stages(int threads) {
    return parts[0].stages(threads);
  }

  @Override
  public int units(int threads, int stage) {
    int first = parts[0].units(threads, stage);
    return stage == stages(threads) - 1 ? Math.addExact(first, rests) : first;
  }

  @Override
  public long scratchBytes() {
    long sum = 0;
    for (WinogradForward part : parts) {
      sum += wholeLines(part.scratchBytes());
    }
    return sum;
  }

  private static long wholeLines(long bytes) {
    return WinogradScratch.aligned(bytes);
  }

  @Override
  public long heapBytes() {
    long sum = 0;
    for (WinogradForward part : parts) {
      sum += part.heapBytes();
    }
    return sum;
  }

  @Override
  public Scratch scratch(MemorySegment memory, ScratchArrays arrays) {
    Scratch[] of = new Scratch[parts.length];
    long at = 0;
    for (int i = 0; i < of.length; i++) {
      of[i] = parts[i].scratch(memory.asSlice(at, parts[i].scratchBytes()), arrays);
      at += wholeLines(parts[i].scratchBytes());
    }
    return new Scratches(of);
  }

  @Override
  public void run(
      int threads,
      int stage,
      int unit,
      int total,
      Scratch scratch,
      Scratch common,
      MemorySegment x,
      MemorySegment residual,
      MemorySegment y) {
    Scratch[] of = ((Scratches) scratch).of;
    int ofStage = stage == stages(threads) - 1 ? rests : 0;
    int first = total - ofStage;
    int left = unit - first / 2;
    if (left < 0 || left >= ofStage) {
      int own = left < 0 ? unit : unit - ofStage;
      Scratch ofFirst = ((Scratches) common).of[0];
      parts[0].run(threads, stage, own, first, of[0], ofFirst, x, residual, y);
      return;
    }
    // All parts of a thread have V in the same array, but the last stage of a part reads M alone.
    int part = 1;
    while (left >= units[part]) {
      left -= units[part++];
    }
    parts[part].run(1, 0, left, units[part], of[part], of[part], x, residual, y);
  }

  @Override
  public Optional<Forward> maxPooled(Destination pooled) {
    return Arrays.stream(parts).allMatch(WinogradForward::holdsPairs)
        ? Optional.of(
            new WinogradParts(Arrays.stream(parts).map(part -> part.pooled(pooled)).toList()))
        : Optional.empty();
  }

  @Override
  public Forward withWeights(MemorySegment weights, MemorySegment bias, Arena arena) {
    return new WinogradParts(
        List.of(parts).stream().map(p -> p.withWeights(weights, bias, arena)).toList());
  }

  @Override
  public int roundings() {
    int most = 0;
    for (WinogradForward part : parts) {
      most = Math.max(most, part.roundings());
    }
    return most;
  }

  @Override
  public double amplification() {
    double most = 0;
    for (WinogradForward part : parts) {
      most = Math.max(most, part.amplification());
    }
    return most;
  }

  @Override
  public MemorySegment packed() {
    return parts[0].packed();
  }

  @Override
  public long packedBytes() {
    long sum = 0;
    for (WinogradForward part : parts) {
      sum += part.packedBytes();
    }
    return sum;
  }

  @Override
  public String describe() {
    return List.of(parts).stream()
        .map(WinogradForward::describe)
        .collect(Collectors.joining("; and "));
  }
}
