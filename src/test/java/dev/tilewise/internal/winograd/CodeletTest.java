package dev.tilewise.internal.winograd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.internal.kernel.Lanes;
import dev.tilewise.internal.kernel.Memory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The vector code against the exact matrices. Inputs are whole numbers below 64 and all
 * coefficients are multiples of 1/32 below 33, so that every intermediate value is exact in float.
 */
@Tag("widths")
class CodeletTest {

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

  private final Random random = new Random(7);

  private float[] integers(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextInt(-63, 64);
    }
    return values;
  }

  private static MemorySegment memory(float[] values) {
    MemorySegment copy = Memory.allocate(Arena.ofAuto(), 4L * values.length);
    MemorySegment.copy(values, 0, copy, FLOAT, 0, values.length);
    return copy;
  }

  @ParameterizedTest
  @EnumSource(Codelet.class)
  void inputRowsAreBt(Codelet codelet) {
    int alpha = codelet.alpha();
    int count = 3 * Lanes.COUNT;
    float[] from = integers(alpha * 100 + count);
    float[] to = new float[alpha * 90 + count];
    codelet.inputRows(memory(from), 8, 400, count, to, 5, 90);
    double[][] bt = codelet.transform().bt().doubles();
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < alpha; j++) {
        double sum = 0;
        for (int l = 0; l < alpha; l++) {
          sum += bt[j][l] * from[2 + l * 100 + i];
        }
        assertEquals(sum, to[5 + j * 90 + i], 0.0);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Codelet.class)
  void inputLinesAreBtOfEveryBlock(Codelet codelet) {
    int alpha = codelet.alpha();
    double[][] bt = codelet.transform().bt().doubles();
    for (int count : new int[] {1, 5, Lanes.COUNT, Lanes.COUNT + 1, 2 * Lanes.COUNT}) {
      int vectors = (count + Lanes.COUNT - 1) / Lanes.COUNT;
      int block = vectors * Lanes.COUNT;
      int lines = 2;
      int blocks = 3;
      int fromLine = alpha * 70 + 9;
      float[] from = integers(lines * fromLine + blocks * count + alpha * 70 + 64);
      int[] offsets = new int[alpha];
      for (int l = 0; l < alpha; l++) {
        offsets[l] = 3 + l * 70;
      }
      int toStep = blocks * block + 4;
      int toLine = alpha * toStep;
      float[] to = new float[7 + lines * toLine + 64];
      codelet.inputLines(
          from, offsets, count, fromLine, to, 7, toStep, block, toLine, lines, blocks, count);
      for (int line = 0; line < lines; line++) {
        for (int n = 0; n < blocks; n++) {
          for (int i = 0; i < count; i++) {
            for (int j = 0; j < alpha; j++) {
              double sum = 0;
              for (int l = 0; l < alpha; l++) {
                sum += bt[j][l] * from[offsets[l] + line * fromLine + n * count + i];
              }
              assertEquals(sum, to[7 + line * toLine + j * toStep + n * block + i], 0.0);
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Codelet.class)
  void columnsAreAt(Codelet codelet) {
    int alpha = codelet.alpha();
    int count = 2 * Lanes.COUNT;
    float[] from = integers(alpha * 50 + count);
    float[] to = new float[codelet.m() * 60 + count];
    codelet.columns(memory(from), 0, 200, count, to, 1, 60);
    double[][] at = codelet.transform().at().doubles();
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < codelet.m(); j++) {
        double sum = 0;
        for (int l = 0; l < alpha; l++) {
          sum += at[j][l] * from[l * 50 + i];
        }
        assertEquals(sum, to[1 + j * 60 + i], 0.0);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Codelet.class)
  void rowsAreAtWithBiasResidualAndClampAndWriteNothingElse(Codelet codelet) {
    int alpha = codelet.alpha();
    int m = codelet.m();
    double[][] at = codelet.transform().at().doubles();
    for (int count : new int[] {1, Lanes.COUNT, Lanes.COUNT + 3}) {
      for (int last = 1; last <= m; last++) {
        for (boolean hasResidual : new boolean[] {false, true}) {
          int padded = (count + Lanes.COUNT - 1) / Lanes.COUNT * Lanes.COUNT;
          int tiles = 3;
          int step = tiles * padded;
          float[] from = integers(2 + alpha * step);
          float[] bias = integers(padded);
          int pixels = (tiles - 1) * m + last;
          int yStep = count + 2;
          float[] residual = integers(pixels * yStep + Lanes.COUNT);
          float[] marks = new float[pixels * yStep + Lanes.COUNT];
          Arrays.fill(marks, -12345);
          MemorySegment y = memory(marks);
          codelet.row(
              from,
              2,
              step,
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
  @EnumSource(Codelet.class)
  void theOrderOfEvaluationHardlyAmplifiesMore(Codelet codelet) {
    double exact = codelet.transform().amplification().doubleValue();
    assertTrue(codelet.amplification() >= exact * exact);
    assertTrue(codelet.amplification() <= 1.5 * exact * exact);
  }
}
