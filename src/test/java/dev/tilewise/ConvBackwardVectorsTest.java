package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tilewise.internal.conv.NaiveBackward;
import dev.tilewise.testdata.Vectors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The gradients against PyTorch's in double. Tolerance: the published bound at the scale sum
 * |terms|, plus half a unit of the smallest float for each term. Integer cases are exact.
 */
class ConvBackwardVectorsTest {

  @TestFactory
  Stream<DynamicTest> gradientsAreThoseOfTheReference() {
    return Vectors.tests("conv2d", ConvBackwardVectorsTest::check);
  }

  private static void check(Vectors.Case vector) {
    ConvCase extents = extents(vector);
    for (Layout layout : Layout.values()) {
      try (Arena arena = Arena.ofShared();
          Workers workers = Workers.of(2)) {
        Tensor x = Tensor.allocate(arena, extents.input(), layout);
        x.copyFrom(vector.input("x").floats(), Layout.NCHW);
        Tensor dy = Tensor.allocate(arena, extents.output(), layout);
        dy.copyFrom(vector.input("dy").floats(), Layout.NCHW);
        Tensor dx = Tensor.allocate(arena, extents.input(), layout).fill(Float.NaN);
        float[] w = vector.input("w").floats();
        float[] dw = new float[w.length];
        float[] db = new float[extents.k()];
        ConvBackward backward = ConvBackward.of(extents, layout);
        Filter filter = Filter.of(w, extents.k(), extents.groupC(), extents.fh(), extents.fw());
        backward.data(dy, filter, dx, workers);
        backward.filter(x, dy, dw, db, workers);

        Reference reference = new Reference(extents, x, w, dy, vector.text("kind").equals("ints"));
        reference.checkData(backward, vector.expected("dx"), dx.toArray(Layout.NCHW));
        reference.checkFilter(backward, vector.expected("dw"), dw);
        if (vector.hasExpected("db")) {
          reference.checkBias(backward, vector.expected("db"), db);
        }
      }
    }
  }

  private static ConvCase extents(Vectors.Case vector) {
    int[] stride = vector.integers("stride");
    int[] pad = vector.integers("pad_tlbr");
    int[] dilation = vector.integers("dilation");
    return new ConvCase(
        vector.integer("N"),
        vector.integer("C"),
        vector.integer("H"),
        vector.integer("W"),
        vector.integer("K"),
        vector.integer("groups"),
        vector.integer("FH"),
        vector.integer("FW"),
        stride[0],
        stride[1],
        pad[0],
        pad[1],
        pad[2],
        pad[3],
        dilation[0],
        dilation[1]);
  }

  /** The scale of each gradient's error. */
  private record Reference(ConvCase extents, NaiveBackward naive, boolean exact) {

    Reference(ConvCase extents, Tensor x, float[] w, Tensor dy, boolean exact) {
      this(
          extents,
          new NaiveBackward(extents.geometry(), nhwc(x), MemorySegment.ofArray(w), nhwc(dy)),
          exact);
    }

    private static MemorySegment nhwc(Tensor t) {
      return MemorySegment.ofArray(t.toArray(Layout.NHWC));
    }

    void checkData(ConvBackward backward, Vectors.Values expected, float[] dx) {
      int i = 0;
      for (int n = 0; n < extents.n(); n++) {
        for (int c = 0; c < extents.c(); c++) {
          for (int y = 0; y < extents.h(); y++) {
            for (int x = 0; x < extents.w(); x++, i++) {
              double scale = naive.scaleDataAt(n, c, y, x);
              check("dx", i, expected, dx[i], backward.dataErrorBound() * scale);
            }
          }
        }
      }
    }

    void checkFilter(ConvBackward backward, Vectors.Values expected, float[] dw) {
      int i = 0;
      for (int k = 0; k < extents.k(); k++) {
        for (int c = 0; c < extents.groupC(); c++) {
          for (int y = 0; y < extents.fh(); y++) {
            for (int x = 0; x < extents.fw(); x++, i++) {
              double scale = naive.scaleFilterAt(k, c, y, x);
              check("dw", i, expected, dw[i], backward.filterErrorBound() * scale);
            }
          }
        }
      }
    }

    void checkBias(ConvBackward backward, Vectors.Values expected, float[] db) {
      for (int k = 0; k < extents.k(); k++) {
        double scale = naive.scaleBiasAt(k);
        check("db", k, expected, db[k], backward.filterErrorBound() * scale);
      }
    }

    private void check(
        String name, int i, Vectors.Values expected, float actual, double tolerance) {
      double underflow = extents.macs() * 0x1p-150;
      double allowed = exact ? 0 : tolerance + underflow;
      assertEquals(expected.at(i), actual, allowed, () -> extents + " " + name + "[" + i + "]");
    }
  }
}
