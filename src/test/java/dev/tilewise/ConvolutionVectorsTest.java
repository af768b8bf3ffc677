package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.testdata.Vectors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Convolutions that others have computed, and the shapes that others found difficult. */
@Tag("widths")
class ConvolutionVectorsTest {

  /** Larger shapes take longer in the naive loop than they are worth. */
  private static final long MOST_MACS = 2_000_000;

  @TestFactory
  Stream<DynamicTest> outputsAreThoseOfTheReference() {
    return Vectors.tests("conv2d", ConvolutionVectorsTest::check);
  }

  private static void check(Vectors.Case vector) {
    ConvCase extents = extents(vector);
    float[] x = nhwc(extents.input(), vector.input("x").doubles());
    float[] weights = vector.input("w").floats();
    float[] bias = vector.hasInput("b") ? vector.input("b").floats() : null;
    ConvData data = new ConvData(extents, x, weights, bias, null, Activation.IDENTITY);
    double[] expected = vector.expected("y").doubles();
    boolean exact = vector.text("kind").equals("ints");
    Shape out = extents.output();
    for (Algorithm algorithm : ConvRun.all(extents)) {
      boolean differences = ConvRun.WINOGRAD.contains(algorithm);
      double[] scale = data.scale(algorithm);
      ErrorBound bound = ErrorBound.of(ConvRun.plan(algorithm, data, Layout.NHWC));
      for (Layout layout : Layout.values()) {
        float[] y = ConvRun.run(algorithm, data, Setting.PLAIN.with(layout));
        for (int i = 0; i < y.length; i++) {
          int pixel = i / out.c();
          int row = pixel / out.w();
          long at =
              Layout.NCHW.index(out, row / out.h(), i % out.c(), row % out.h(), pixel % out.w());
          double allowed = exact && !differences ? 0 : bound.at(scale[i]);
          String what = algorithm + " " + layout + " " + extents + " element " + at;
          assertEquals(expected[Math.toIntExact(at)], y[i], allowed, what);
        }
      }
    }
  }

  private static float[] nhwc(Shape shape, double[] nchw) {
    float[] values = new float[nchw.length];
    for (int i = 0; i < values.length; i++) {
      int pixel = i / shape.c();
      int row = pixel / shape.w();
      long from =
          Layout.NCHW.index(
              shape, row / shape.h(), i % shape.c(), row % shape.h(), pixel % shape.w());
      values[i] = (float) nchw[Math.toIntExact(from)];
    }
    return values;
  }

  private static ConvCase extents(Vectors.Case vector) {
    int[] stride = vector.integers("stride");
    int[] pad = vector.integers("pad_tlbr");
    int[] dilation = vector.integers("dilation");
    ConvCase extents =
        new ConvCase(
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
    assertEquals(vector.integer("OH"), extents.oh());
    assertEquals(vector.integer("OW"), extents.ow());
    return extents;
  }

  @Test
  void cornerCasesHaveTheBitsOfTheNaiveLoop() throws IOException {
    Path csv = Vectors.folder().resolve("shapes").resolve("corner_cases.csv");
    List<String> lines = Files.readAllLines(csv);
    String[] names = lines.getFirst().split(",");
    Set<ConvCase> seen = new HashSet<>();
    for (String line : lines.subList(1, lines.size())) {
      Map<String, String> row = new HashMap<>();
      String[] fields = line.split(",");
      for (int i = 0; i < names.length; i++) {
        row.put(names[i], fields[i]);
      }
      ConvCase extents = extents(row);
      if (Long.parseLong(row.get("MACs")) <= MOST_MACS && seen.add(extents)) {
        checkCorner(extents, line);
      }
    }
    assertTrue(seen.size() > 1000, seen.size() + " cases");
  }

  private static ConvCase extents(Map<String, String> row) {
    List<Integer> v = new ArrayList<>();
    for (String name : "N,C,H,W,K,groups,FH,FW,SH,SW,PH,PW,PB,PR,DH,DW".split(",")) {
      v.add(Integer.parseInt(row.get(name)));
    }
    // Negative padding at the end means rows that no output uses; the floor leaves them out too.
    ConvCase extents =
        new ConvCase(
            v.get(0),
            v.get(1),
            // Negative padding at the start crops the input.
            v.get(2) + Math.min(0, v.get(10)),
            v.get(3) + Math.min(0, v.get(11)),
            v.get(4),
            v.get(5),
            v.get(6),
            v.get(7),
            v.get(8),
            v.get(9),
            Math.max(0, v.get(10)),
            Math.max(0, v.get(11)),
            Math.max(0, v.get(12)),
            Math.max(0, v.get(13)),
            v.get(14),
            v.get(15));
    assertEquals(Integer.parseInt(row.get("OH")), extents.oh());
    assertEquals(Integer.parseInt(row.get("OW")), extents.ow());
    return extents;
  }

  private static void checkCorner(ConvCase extents, String line) {
    ConvCases.Surround surround = new ConvCases.Surround(true, false, Activation.RELU);
    ConvData data = ConvData.random(extents, Values.UNIT, line.hashCode(), surround);
    float[] expected = data.naive();
    for (Algorithm algorithm : ConvRun.algorithms(extents)) {
      if (algorithm != Algorithm.NAIVE) {
        float[] actual = ConvRun.run(algorithm, data, Setting.PLAIN);
        ConvRun.same(algorithm, line, expected, actual);
      }
    }
  }
}
