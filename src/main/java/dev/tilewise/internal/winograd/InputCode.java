package dev.tilewise.internal.winograd;

import java.lang.foreign.MemorySegment;
import java.util.List;

/** Vector code for BT, the inputs' transform in one dimension: lanes along the channels. */
public interface InputCode {

  /** The matrix as it is evaluated: a product of these, in order; rows are chains of roundings. */
  List<Matrix> factors();

  /** Time for each element, relative to written code: measured. */
  default double cost() {
    return 1;
  }

  /**
   * BT of lines of blocks, between segments: for each block n and i < count
   *
   * <pre>{@code
   * to[toOff + n toBlock + j toStep + 4 i] =
   *     sum over l of BT[j, l] from[fromOffs[l] + n fromBlock + 4 i]
   * }</pre>
   *
   * The last vector of a block may read and write beyond count; blocks are written in turn. All
   * offsets are bytes.
   *
   * @param from inputs
   * @param fromOffs where each of the inputs starts
   * @param fromBlock from block to block
   * @param to receives the products
   * @param toOff where the first starts
   * @param toStep from product to product
   * @param toBlock from block to block
   * @param blocks how many
   * @param count floats of a block
   */
  void columns(
      MemorySegment from,
      long[] fromOffs,
      long fromBlock,
      MemorySegment to,
      long toOff,
      long toStep,
      long toBlock,
      int blocks,
      int count);

  /**
   * BT of a line of tiles, into stacks of tiles: for each row i that {@link #columns} made, tile n
   * and vector v of its channels
   *
   * <pre>{@code
   * to[toOff + i toRow + toTiles[firstTile + n] + (firstVector + v) toVectors[firstTile + n]
   *     + j toStep + lane] =
   *         sum over l of BT[j, l] from[fromOff + i fromRow + l fromStep + n fromTile + v bytes + 4 lane]
   * }</pre>
   *
   * Offsets in from are bytes, others floats.
   *
   * @param from inputs
   * @param fromOff where the first starts
   * @param fromStep from input to input
   * @param fromTile from tile to tile
   * @param fromRow from row to row
   * @param to receives the products
   * @param toOff where the first starts
   * @param toStep from product to product
   * @param toRow from row to row
   * @param toTiles where tiles start
   * @param toVectors from vector to vector of a tile
   * @param firstTile the first one's number in both
   * @param tiles how many
   * @param rows how many
   * @param firstVector number of the first vector of channels in to
   * @param vectors how many
   */
  void rows(
      MemorySegment from,
      long fromOff,
      long fromStep,
      long fromTile,
      long fromRow,
      float[] to,
      int toOff,
      int toStep,
      int toRow,
      int[] toTiles,
      int[] toVectors,
      int firstTile,
      int tiles,
      int rows,
      int firstVector,
      int vectors);
}
