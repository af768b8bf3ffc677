package dev.tilewise.internal.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;

/**
 * Brings rows of a matrix into the panels that {@link Tile} multiplies by: first the scattered runs
 * of a row side by side into an array, then the array's columns, panel by panel, into kernel
 * memory.
 */
public final class PanelRows {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private PanelRows() {}

  /**
   * Copies those parts of runs that lie in a range of columns. What a run's last vector writes too
   * much, the next run overwrites; without {@code adjacent} nothing is written between the runs.
   *
   * @param x where the runs are, kernel memory
   * @param base added to each offset, bytes
   * @param offsets where each run starts, bytes
   * @param columns the column at which each run starts, ascending
   * @param lengths of each run, floats
   * @param runs how many
   * @param adjacent whether the runs follow each other without gaps
   * @param first first column copied
   * @param end one past the last column copied
   * @param to receives column c at {@code toOff + c - first}; has room for one more vector
   * @param toOff position in it
   */
  public static void gather(
      MemorySegment x,
      long base,
      long[] offsets,
      int[] columns,
      int[] lengths,
      int runs,
      boolean adjacent,
      int first,
      int end,
      float[] to,
      int toOff) {
    if (x.getClass() != Memory.NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    for (int run = 0; run < runs; run++) {
      int from = Math.max(columns[run], first);
      int count = Math.min(columns[run] + lengths[run], end) - from;
      long at = base + offsets[run] + (long) (from - columns[run]) * Float.BYTES;
      int put = toOff + from - first;
      long room = adjacent ? (x.byteSize() - at) / Float.BYTES : count;
      int done = 0;
      for (; done < count && done + Lanes.COUNT <= room; done += Lanes.COUNT) {
        FloatVector.fromMemorySegment(Lanes.SPECIES, x, at + (long) done * Float.BYTES, ORDER)
            .intoArray(to, put + done);
      }
      for (; done < count; done++) {
        to[put + done] = x.get(FLOAT, at + (long) done * Float.BYTES);
      }
    }
  }

  /**
   * Copies rows into panels of {@code width} columns: row r of panel p starts {@code r * width}
   * floats into the panel.
   *
   * @param from rows
   * @param fromStep floats from row to row
   * @param rows how many
   * @param panels how many; row r has {@code panels * width} floats
   * @param width columns of a panel, a multiple of {@link Lanes#COUNT}
   * @param to receives the panels, kernel memory
   * @param toOff where row 0 of panel 0 goes, bytes
   * @param toStep bytes from panel to panel
   */
  public static void spread(
      float[] from,
      int fromStep,
      int rows,
      int panels,
      int width,
      MemorySegment to,
      long toOff,
      long toStep) {
    if (to.getClass() != Memory.NATIVE) {
      throw new IllegalArgumentException("kernels take off-heap memory only");
    }
    for (int panel = 0; panel < panels; panel++) {
      for (int row = 0; row < rows; row++) {
        int at = row * fromStep + panel * width;
        long put = toOff + panel * toStep + (long) row * width * Float.BYTES;
        for (int i = 0; i < width; i += Lanes.COUNT) {
          FloatVector.fromArray(Lanes.SPECIES, from, at + i)
              .intoMemorySegment(to, put + (long) i * Float.BYTES, ORDER);
        }
      }
    }
  }
}
