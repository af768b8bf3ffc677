package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Every way in which threads share a Winograd convolution: blocks, panels of blocks, stages, and
 * rests of several blocks beside any of them. One thread against the definition, the others bit by
 * bit.
 */
@Tag("widths")
class WinogradSharesTest {

  @ParameterizedTest
  @CsvSource({
    // One block and a rest of two, of which the second is small.
    "n1c64h570w12 k64f3, WINOGRAD_F6",
    "n1c64h570w18 k64f3, WINOGRAD_F6",
    // Rests down, across and both.
    "n1c64h56w56 k64f3p1, WINOGRAD_F6",
    "n1c48h40w200 k40f3p1, WINOGRAD_F6",
    // Blocks of parts of a line.
    "n1c64h5w900 k64f1x3, WINOGRAD_F6",
    // Many filters and few tiles: panels, of which one is narrow.
    "n1c32h14w14 k256f3p1, WINOGRAD_F5",
    "n1c64h7w7 k352f3p1, WINOGRAD_F4",
    "n1c64h14w14 k80f3p1, WINOGRAD_F2",
    // Few tiles and filters: threads share products, one or some at a time.
    "n1c48h14w14 k48f3p1, WINOGRAD_F4",
    "n1c16h14w14 k32f3p1, WINOGRAD_F6",
    "n1c32h14w14 k96g2f3p1, WINOGRAD_F3",
    "n1c32h28w28 k48f3s2p1, WINOGRAD_F4",
    // Four tiles an image, whose sums are scaled, but too many to transform filters in the run.
    "n5c32h7w7 k48f3p1, WINOGRAD_F4",
    "n3c20h8w8 k112f3p1, WINOGRAD_F4",
    // Groups, strides, dilations, images.
    "n1c64h20w20 k96g2f3p1, WINOGRAD_F4",
    "n3c40h23w23 k72g2f3s2p1, WINOGRAD_F4",
    "n2c24h30w30 k48f3d2p2, WINOGRAD_F4",
    "n5c16h12w12 k64f5p2, WINOGRAD_F4"
  })
  void allGiveTheSameBits(String text, Algorithm algorithm) {
    ConvCase extents = ConvCase.parse(text);
    ConvCases.Surround surround = new ConvCases.Surround(true, true, Activation.RELU);
    ConvData data = ConvData.random(extents, Values.UNIT, 7, surround);
    ConvPlan plan = ConvRun.plan(algorithm, data, Layout.NHWC);
    try (UnitRun run = new UnitRun(plan.forward(), 11)) {
      float[] alone = run.of(data, 1);
      double[] exact = data.exact();
      double[] scale = data.scale(algorithm);
      ErrorBound bound = ErrorBound.of(plan);
      for (int i = 0; i < exact.length; i++) {
        double error = Math.abs(alone[i] - exact[i]);
        assertTrue(error <= bound.at(scale[i]) + 0x1p-130, text + ": error " + error);
      }
      for (int threads = 2; threads <= 9; threads++) {
        ConvRun.sameBits(text + ", threads: " + threads, alone, run.of(data, threads));
      }
      ConvPlan cold =
          data.conv(algorithm).coldFilters(true).plan(extents.input(), Layout.NHWC, Arena.ofAuto());
      try (UnitRun coldRun = new UnitRun(cold.forward(), 11)) {
        for (int threads = 1; threads <= 9; threads++) {
          ConvRun.sameBits(text + ", cold, threads: " + threads, alone, coldRun.of(data, threads));
        }
      }
    }
  }
}
