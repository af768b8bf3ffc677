package dev.tilewise.internal.winograd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The vector code against the exact matrices. Inputs are whole numbers, small where coefficients
 * are not, so that every intermediate value is exact in float.
 */
@Tag("widths")
class CodeletTest {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private final Random random = new Random(7);

  /** Every pair that a plan may use. */
  static Stream<Codelet> codelets() {
    Stream<Codelet> pairs =
        IntStream.rangeClosed(2, 6)
            .boxed()
            .flatMap(
                m ->
                    IntStream.rangeClosed(2, Codelet.MOST_PRODUCTS - m + 1)
                        .mapToObj(r -> Codelet.of(m, r)));
    return Stream.concat(Stream.of(Codelet.of(1, 1)), pairs);
  }

  private float[] integers(Codelet codelet, int count) {
    int below = codelet.alpha() > 8 ? 4 : 64;
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextInt(1 - below, below);
    }
    return values;
  }

  private static MemorySegment memory(float[] values) {
    MemorySegment copy = Memory.allocate(Arena.ofAuto(), 4L * values.length);
    MemorySegment.copy(values, 0, copy, FLOAT, 0, values.length);
    return copy;
  }

  private static float at(MemorySegment segment, int index) {
    return segment.getAtIndex(FLOAT, index);
  }

  @ParameterizedTest
  @MethodSource("codelets")
  void inputColumnsAreBtOfEveryBlock(Codelet codelet) {
    int alpha = codelet.alpha();
    double[][] bt = codelet.transform().bt().doubles();
    for (int count : new int[] {1, 5, Lanes.COUNT, Lanes.COUNT + 1, 2 * Lanes.COUNT}) {
      int block = (count + Lanes.COUNT - 1) / Lanes.COUNT * Lanes.COUNT;
      int blocks = 3;
      float[] from = integers(codelet, blocks * count + 7 * 70 + 64);
      long[] offsets =
          IntStream.range(0, alpha).mapToLong(l -> 4 * (3 + (l * 37 % 7) * 70)).toArray();
      int toStep = blocks * block + 4;
      MemorySegment to = memory(new float[7 + alpha * toStep + 64]);
      codelet
          .input()
          .columns(
              memory(from), offsets, 4L * count, to, 28, 4L * toStep, 4L * block, blocks, count);
      for (int n = 0; n < blocks; n++) {
        for (int i = 0; i < count; i++) {
          for (int j = 0; j < alpha; j++) {
            double sum = 0;
            for (int l = 0; l < alpha; l++) {
              sum += bt[j][l] * from[(int) offsets[l] / 4 + n * count + i];
            }
            assertEquals(sum, at(to, 7 + j * toStep + n * block + i), 0.0);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("codelets")
  void inputRowsAreBtOfEveryTile(Codelet codelet) {
    int alpha = codelet.alpha();
    double[][] bt = codelet.transform().bt().doubles();
    int[] starts = {0, 400, 16, 432, 832};
    int[] steps = {64, 80, 64, 80, 48};
    for (int count : new int[] {1, Lanes.COUNT, 2 * Lanes.COUNT + 1}) {
      float[] from = integers(codelet, 2 + alpha * 70 + 3 * 100 + 64);
      float[] to = new float[5 + alpha * 1000];
      codelet.input().rows(memory(from), 8, 280, 400, to, 5, 1000, starts, steps, 1, 3, count);
      for (int n = 0; n < 3; n++) {
        for (int i = 0; i < count; i++) {
          for (int j = 0; j < alpha; j++) {
            double sum = 0;
            for (int l = 0; l < alpha; l++) {
              sum += bt[j][l] * from[2 + l * 70 + n * 100 + i];
            }
            int vector = starts[1 + n] + i / Lanes.COUNT * steps[1 + n];
            assertEquals(sum, to[5 + j * 1000 + vector + i % Lanes.COUNT], 0.0);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("codelets")
  void outputColumnsAreAt(Codelet codelet) {
    int alpha = codelet.alpha();
    int count = 2 * Lanes.COUNT;
    float[] from = integers(codelet, alpha * 50 + count);
    MemorySegment to = memory(new float[codelet.m() * 60 + count]);
    codelet.output().columns(memory(from), 0, 200, count, to, 4, 240);
    double[][] at = codelet.transform().at().doubles();
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < codelet.m(); j++) {
        double sum = 0;
        for (int l = 0; l < alpha; l++) {
          sum += at[j][l] * from[l * 50 + i];
        }
        assertEquals(sum, at(to, 1 + j * 60 + i), 0.0);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("codelets")
  void outputRowsAreAtWithBiasResidualAndClampAndWriteNothingElse(Codelet codelet) {
    int alpha = codelet.alpha();
    int m = codelet.m();
    double[][] at = codelet.transform().at().doubles();
    for (int count : new int[] {1, Lanes.COUNT, Lanes.COUNT + 3}) {
      for (int last = 1; last <= m; last++) {
        for (boolean hasResidual : new boolean[] {false, true}) {
          int padded = (count + Lanes.COUNT - 1) / Lanes.COUNT * Lanes.COUNT;
          int tiles = 3;
          int step = tiles * padded;
          float[] from = integers(codelet, 2 + alpha * step);
          float[] bias = integers(codelet, padded);
          int pixels = (tiles - 1) * m + last;
          int yStep = count + 2;
          float[] residual = integers(codelet, pixels * yStep + Lanes.COUNT);
          float[] marks = new float[pixels * yStep + Lanes.COUNT];
          Arrays.fill(marks, -12345);
          MemorySegment y = memory(marks);
          codelet
              .output()
              .row(
                  memory(from),
                  8,
                  4L * step,
                  tiles,
                  count,
                  memory(bias),
                  0,
                  hasResidual ? memory(residual) : null,
                  y,
                  0,
                  4L * yStep,
                  last,
                  -500,
                  800,
                  new float[m * Lanes.COUNT]);
          for (int p = 0; p < pixels; p++) {
            for (int k = 0; k < yStep; k++) {
              double expected = -12345;
              if (k < count) {
                expected = bias[k] + (hasResidual ? residual[p * yStep + k] : 0);
                for (int l = 0; l < alpha; l++) {
                  expected += at[p % m][l] * from[2 + l * step + p / m * padded + k];
                }
                expected = Math.max(-500, Math.min(800, expected));
              }
              assertEquals(expected, y.getAtIndex(FLOAT, (long) p * yStep + k), 0.0);
            }
          }
          for (int i = pixels * yStep; i < marks.length; i++) {
            assertEquals(-12345, y.getAtIndex(FLOAT, i), 0.0);
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("codelets")
  void theOrderOfEvaluationHardlyAmplifiesMore(Codelet codelet) {
    double exact = codelet.transform().amplification().doubleValue();
    assertTrue(codelet.amplification() >= exact);
    assertTrue(codelet.amplification() <= 1.25 * exact);
  }

  @Test
  void whatDoesNotExistIsNamed() {
    assertFalse(Codelet.exists(1, 3));
    assertFalse(Codelet.exists(6, 6));
    assertEquals(
        "there is no F(6, 6)",
        assertThrows(IllegalArgumentException.class, () -> Codelet.of(6, 6)).getMessage());
  }
}
