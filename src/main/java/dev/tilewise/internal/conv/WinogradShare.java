package dev.tilewise.internal.conv;

/**
 * How some threads share a Winograd convolution: each takes blocks of tiles, or some panels of
 * blocks, whose inputs it transforms for itself, or all share a block stage by stage.
 */
final class WinogradShare {

  private final WinogradBlocks blocks;
  private final boolean staged;
  private final int[] firstPanels;

  /**
   * Of blocks.
   *
   * @param blocks of a group
   * @param staged whether threads share each
   * @param firstPanels of each range of panels that is a unit of a block, and the number of panels
   */
  WinogradShare(WinogradBlocks blocks, boolean staged, int... firstPanels) {
    this.blocks = blocks;
    this.staged = staged;
    this.firstPanels = firstPanels;
  }

  WinogradBlocks blocks() {
    return blocks;
  }

  boolean staged() {
    return staged;
  }

  /** Whether no two threads read the same filters at once. */
  boolean splitsFilters() {
    return staged || blocks.count() == 1;
  }

  /** Ranges of panels of a block. */
  int ranges() {
    return firstPanels.length - 1;
  }

  /** The first panel of a range; of one range too many, the number of panels. */
  int firstPanel(int range) {
    return firstPanels[range];
  }
}
