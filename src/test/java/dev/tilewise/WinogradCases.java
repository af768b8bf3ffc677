package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tilewise.ConvCases.Trial;
import java.util.List;

/** Random convolutions that Winograd computes. */
final class WinogradCases {

  /**
   * Filter extent, stride, dilation of one dimension: the pairs are chosen independently for both,
   * so that one-dimensional transforms occur.
   */
  private static final int[][] AXES = {
    {3, 1, 1},
    {3, 1, 1},
    {3, 1, 1},
    {5, 1, 1},
    {3, 2, 1},
    {1, 1, 1},
    {3, 1, 2},
    {7, 2, 1},
    {2, 1, 1},
    {7, 1, 1},
    {5, 2, 1},
    {4, 1, 3},
    {8, 3, 1},
    {1, 2, 2},
    {6, 1, 1}
  };

  private WinogradCases() {}

  /** The same trial with extents that have a transform. */
  static Trial applicable(Trial t) {
    ConvCase e = t.extents();
    long seed = t.seed() >>> 1;
    int[] down = AXES[(int) (seed % AXES.length)];
    int[] across = seed / AXES.length % 2 == 0 ? down : AXES[(int) (seed / 64 % AXES.length)];
    if (taps(down) == 1 && taps(across) == 1) {
      down = AXES[0];
    }
    // Large filters make the other extents smaller.
    int c = down[0] * across[0] > 25 ? Math.min(5, e.groupC()) : e.groupC();
    ConvCase filtered =
        new ConvCase(
            e.n(),
            e.groups() * c,
            Math.max(e.h(), Math.max(1, window(down) - e.pt() - e.pb())),
            Math.max(e.w(), Math.max(1, window(across) - e.pl() - e.pr())),
            e.k(),
            e.groups(),
            down[0],
            across[0],
            down[1],
            across[1],
            e.pt(),
            e.pl(),
            e.pb(),
            e.pr(),
            down[2],
            across[2]);
    return new Trial(filtered, t.setting(), t.surround(), t.values(), t.seed());
  }

  private static int taps(int[] axis) {
    return (axis[0] + axis[1] - 1) / axis[1];
  }

  private static int window(int[] axis) {
    return (axis[0] - 1) * axis[2] + 1;
  }

  /** Two of the Winograd algorithms, others for each trial. */
  static List<Algorithm> algorithms(Trial trial) {
    List<Algorithm> winograd = ConvRun.all(trial.extents());
    winograd.retainAll(ConvRun.WINOGRAD);
    ConvCase e = trial.extents();
    int most = Math.max((e.fh() + e.sh() - 1) / e.sh(), (e.fw() + e.sw() - 1) / e.sw());
    assertEquals(Math.min(5, 10 - most), winograd.size(), trial.toString());
    int first = (int) Math.floorMod(trial.seed(), (long) winograd.size());
    int second = (int) Math.floorMod(trial.seed() / 7 + 1, (long) winograd.size());
    return first == second
        ? List.of(winograd.get(first))
        : List.of(winograd.get(first), winograd.get(second));
  }
}
