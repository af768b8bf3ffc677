package dev.tilewise.internal.conv;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A rectangle of outputs that meet the same taps of the filter: the interior, or a part of the
 * border where some taps lie in the padding and are left out.
 *
 * @param oy first output row
 * @param rows output rows
 * @param ox first output column
 * @param columns output columns
 * @param firstTapY first filter row that is present
 * @param endTapY one past the last
 * @param firstTapX first filter column that is present
 * @param endTapX one past the last
 */
record Region(
    int oy, int rows, int ox, int columns, int firstTapY, int endTapY, int firstTapX, int endTapX) {

  /**
   * Floats that are contiguous in memory and in the order of the sum.
   *
   * @param from where they start, floats from the pixel's origin
   * @param term number of the first term in the sum
   * @param length floats
   */
  record Run(long from, int term, int length) {}

  /** Pixels of one image. */
  long pixels() {
    return (long) rows * columns;
  }

  /** The part between two output rows, of which some are in this region. */
  Region within(int fromRow, int toRow) {
    int from = Math.max(oy, fromRow);
    int to = Math.min(oy + rows, toRow);
    return new Region(from, to - from, ox, columns, firstTapY, endTapY, firstTapX, endTapX);
  }

  /** Whether any tap is present. */
  boolean hasTaps() {
    return firstTapY < endTapY && firstTapX < endTapX;
  }

  /**
   * Input rows from the first tap of one output row to the last tap of another, {@code outputs} - 1
   * further down.
   */
  long inputRows(Geometry g, int outputs) {
    return (outputs - 1L) * g.sh() + (endTapY - 1L - firstTapY) * g.dh() + 1;
  }

  /**
   * Input columns from the first tap of one output to the last tap of another, {@code outputs} - 1
   * further right.
   */
  long inputColumns(Geometry g, int outputs) {
    return (outputs - 1L) * g.sw() + (endTapX - 1L - firstTapX) * g.dw() + 1;
  }

  /** All regions of an output, border and interior, in row-major order. */
  static List<Region> of(Geometry g) {
    int[] rowStarts = starts(g.oh(), oy -> (long) g.firstTapY(oy) << 32 | g.endTapY(oy));
    int[] columnStarts = starts(g.ow(), ox -> (long) g.firstTapX(ox) << 32 | g.endTapX(ox));
    List<Region> regions = new ArrayList<>();
    for (int r = 0; r + 1 < rowStarts.length; r++) {
      for (int c = 0; c + 1 < columnStarts.length; c++) {
        int oy = rowStarts[r];
        int ox = columnStarts[c];
        regions.add(
            new Region(
                oy,
                rowStarts[r + 1] - oy,
                ox,
                columnStarts[c + 1] - ox,
                g.firstTapY(oy),
                g.endTapY(oy),
                g.firstTapX(ox),
                g.endTapX(ox)));
      }
    }
    return regions;
  }

  private interface TapRange {
    long at(int output);
  }

  /** Where the range of taps changes along one side, from 0 to the number of outputs. */
  private static int[] starts(int outputs, TapRange range) {
    int[] starts = new int[16];
    int count = 1;
    for (int o = 1; o < outputs; o++) {
      if (range.at(o) != range.at(o - 1)) {
        if (count + 1 == starts.length) {
          starts = Arrays.copyOf(starts, 2 * starts.length);
        }
        starts[count++] = o;
      }
    }
    starts[count] = outputs;
    return Arrays.copyOf(starts, count + 1);
  }

  /**
   * The taps in the order of the sum.
   *
   * @param rowStep floats from one input row to the next
   */
  List<Run> runs(Geometry g, long rowStep) {
    List<Run> runs = new ArrayList<>();
    for (int fy = firstTapY; fy < endTapY; fy++) {
      for (int fx = firstTapX; fx < endTapX; fx++) {
        long from = (long) fy * g.dh() * rowStep + (long) fx * g.dw() * g.c();
        append(runs, new Run(from, (fy * g.fw() + fx) * g.groupC(), g.groupC()));
      }
    }
    return runs;
  }

  /** The same terms, side by side. */
  static List<Run> gathered(List<Run> pieces) {
    List<Run> runs = new ArrayList<>();
    int at = 0;
    for (Run piece : pieces) {
      append(runs, new Run(at, piece.term, piece.length));
      at += piece.length;
    }
    return runs;
  }

  private static void append(List<Run> runs, Run next) {
    Run last = runs.isEmpty() ? null : runs.get(runs.size() - 1);
    if (last != null
        && last.from + last.length == next.from
        && last.term + last.length == next.term) {
      runs.set(runs.size() - 1, new Run(last.from, last.term, last.length + next.length));
    } else {
      runs.add(next);
    }
  }

  /**
   * The sum's blocks that have a tap here, each with its runs; and the first block in any case,
   * because it carries the bias.
   */
  static List<List<Run>> blocks(List<Run> runs, int blockLength) {
    List<List<Run>> blocks = new ArrayList<>();
    blocks.add(new ArrayList<>());
    int current = 0;
    for (Run run : runs) {
      for (int done = 0; done < run.length; ) {
        int term = run.term + done;
        int length = Math.min(run.length - done, blockLength - term % blockLength);
        if (term / blockLength != current) {
          current = term / blockLength;
          blocks.add(new ArrayList<>());
        }
        blocks.get(blocks.size() - 1).add(new Run(run.from + done, term, length));
        done += length;
      }
    }
    return blocks;
  }
}
