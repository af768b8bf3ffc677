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
import java.util.List;
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
      int vectors = (count + Lanes.COUNT - 1) / Lanes.COUNT;
      float[] from = integers(codelet, 2 + alpha * 70 + 3 * 100 + 64 + 30);
      float[] to = new float[5 + (2 * alpha) * 1200];
      int toRow = alpha * 1200;
      codelet
          .input()
          .rows(
              memory(from),
              8,
              280,
              400,
              120,
              to,
              5,
              1200,
              toRow,
              starts,
              steps,
              1,
              3,
              2,
              2,
              vectors);
      for (int n = 0; n < 2 * 3; n++) {
        int row = n / 3;
        int tile = n % 3;
        for (int i = 0; i < count; i++) {
          for (int j = 0; j < alpha; j++) {
            double sum = 0;
            for (int l = 0; l < alpha; l++) {
              sum += bt[j][l] * from[2 + row * 30 + l * 70 + tile * 100 + i];
            }
            int vector = starts[1 + tile] + (2 + i / Lanes.COUNT) * steps[1 + tile];
            int at = 5 + row * toRow + j * 1200 + vector + i % Lanes.COUNT;
            assertEquals(sum, to[at], 0.0);
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
    int blocks = 3;
    float[] from = integers(codelet, alpha * 50 + blocks * 70 + count);
    MemorySegment to = memory(new float[codelet.m() * 120 + blocks * count]);
    codelet.output().columns(memory(from), 0, 200, 280, blocks, 2, to, 4, 480);
    double[][] at = codelet.transform().at().doubles();
    for (int i = 0; i < blocks * count; i++) {
      for (int j = 0; j < codelet.m(); j++) {
        double sum = 0;
        for (int l = 0; l < alpha; l++) {
          sum += at[j][l] * from[l * 50 + i / count * 70 + i % count];
        }
        assertEquals(sum, at(to, 1 + j * 120 + i), 0.0);
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
          int rows = 2;
          int tiles = 3;
          int step = tiles * padded;
          float[] from = integers(codelet, 2 + rows * alpha * step);
          float[] bias = integers(codelet, padded);
          int pixels = (tiles - 1) * m + last;
          int yStep = count + 2;
          int yRow = pixels * yStep + 3;
          float[] residual = integers(codelet, rows * yRow + Lanes.COUNT);
          float[] expected = new float[rows * yRow + Lanes.COUNT];
          Arrays.fill(expected, -12345);
          MemorySegment y = memory(expected);
          codelet
              .output()
              .rows(
                  memory(from),
                  8,
                  4L * step,
                  4L * alpha * step,
                  rows,
                  tiles,
                  count,
                  memory(bias),
                  0,
                  hasResidual ? memory(residual) : null,
                  y,
                  0,
                  4L * yStep,
                  4L * yRow,
                  last,
                  -500,
                  800,
                  new float[m * Lanes.COUNT]);
          for (int p = 0; p < rows * pixels; p++) {
            int pixel = p % pixels;
            int out = p / pixels * yRow + pixel * yStep;
            int tile = 2 + p / pixels * alpha * step + pixel / m * padded;
            for (int k = 0; k < count; k++) {
              double sum = bias[k] + (hasResidual ? residual[out + k] : 0);
              for (int l = 0; l < alpha; l++) {
                sum += at[pixel % m][l] * from[tile + l * step + k];
              }
              expected[out + k] = (float) Math.max(-500, Math.min(800, sum));
            }
          }
          for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], y.getAtIndex(FLOAT, i), 0.0);
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

  /**
   * What one dimension makes of errors of 1 (docs/winograd.md). With a = |A~T|, b the row sums of
   * |B~T|, h those of |G|, and e(F) the errors of a transform each of whose roundings errs by 1:
   *
   * @param outputs the largest row sum of a
   * @param own the largest of e(AT)
   * @param inputs the largest sum of a b
   * @param weights the largest sum of a h
   * @param both the largest sum of a h b
   * @param rounded the largest sum of a h e(BT)
   */
  private record Spread(
      double outputs, double own, double inputs, double weights, double both, double rounded) {

    static Spread of(Codelet codelet) {
      Matrix a = magnitudes(codelet.output().factors());
      Matrix b = magnitudes(codelet.input().factors());
      Matrix h = codelet.transform().g().abs();
      double[] bs = new double[codelet.alpha()];
      double[] hs = new double[codelet.alpha()];
      double[] hb = new double[codelet.alpha()];
      double[] he = errors(codelet.input().factors());
      for (int j = 0; j < bs.length; j++) {
        bs[j] = b.rowSum(j).doubleValue();
        hs[j] = h.rowSum(j).doubleValue();
        hb[j] = hs[j] * bs[j];
        he[j] *= hs[j];
      }
      double[] ones = new double[codelet.alpha()];
      Arrays.fill(ones, 1);
      double own = Arrays.stream(errors(codelet.output().factors())).max().orElseThrow();
      return new Spread(
          largest(a, ones), own, largest(a, bs), largest(a, hs), largest(a, hb), largest(a, he));
    }

    private static Matrix magnitudes(List<Matrix> factors) {
      Matrix product = factors.get(0).abs();
      for (Matrix factor : factors.subList(1, factors.size())) {
        product = factor.abs().times(product);
      }
      return product;
    }

    /** Errors of the rows: those of the factor before, and one for each term. */
    private static double[] errors(List<Matrix> factors) {
      double[] errors = new double[factors.get(0).columns()];
      for (Matrix factor : factors) {
        double[][] values = factor.abs().doubles();
        double[] next = new double[values.length];
        for (int i = 0; i < next.length; i++) {
          for (int j = 0; j < errors.length; j++) {
            next[i] += values[i][j] * errors[j] + (values[i][j] == 0 ? 0 : 1);
          }
        }
        errors = next;
      }
      return errors;
    }

    private static double largest(Matrix rows, double[] column) {
      double largest = 0;
      for (double[] row : rows.doubles()) {
        double sum = 0;
        for (int j = 0; j < row.length; j++) {
          sum += row[j] * column[j];
        }
        largest = Math.max(largest, sum);
      }
      return largest;
    }

    /** The largest factor of 1, of the inputs and of the weights, for one channel. */
    double with(Spread across) {
      double sums = outputs * across.outputs + own * across.outputs + across.own;
      double ofInputs = inputs * across.inputs;
      double ofWeights = rounded * across.both + weights * across.rounded;
      return Math.max(sums, Math.max(ofInputs, ofWeights));
    }
  }

  @ParameterizedTest
  @MethodSource("codelets")
  void whatUnderflowsIsSpreadByAtMostTheStatedFactors(Codelet down) {
    Spread spread = Spread.of(down);
    codelets()
        .forEach(
            across -> {
              boolean few = down.alpha() <= 8 && across.alpha() <= 8;
              double factor = spread.with(Spread.of(across));
              assertTrue(factor <= (few ? 0x1p20 : 0x1p27), down + " " + across + ": " + factor);
            });
  }
}
