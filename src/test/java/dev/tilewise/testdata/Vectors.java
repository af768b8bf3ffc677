package dev.tilewise.testdata;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.function.ThrowingConsumer;

/**
 * Reference values: {@code vectors/FAMILY/manifest.json} names the cases and where their arrays lie
 * in {@code data.bin} (little-endian, row-major, no header). The folder is the system property
 * {@code tilewise.testdata}; without it the tests are skipped.
 */
public final class Vectors {

  private Vectors() {}

  /** The folder of the test data; the calling test is skipped if there is none. */
  public static Path folder() {
    String property = System.getProperty("tilewise.testdata", "");
    // Surefire passes the unresolved name of an environment variable that is not set.
    boolean given = !property.isEmpty() && !property.startsWith("${");
    Assumptions.assumeTrue(given, "tilewise.testdata is not set");
    Path folder = Path.of(property);
    if (!Files.isDirectory(folder.resolve("vectors"))) {
      throw new IllegalStateException("tilewise.testdata: there is no folder vectors in " + folder);
    }
    return folder;
  }

  /** All cases of one family; the calling test is skipped if there is no test data. */
  public static List<Case> cases(String family) {
    Path folder = folder().resolve("vectors").resolve(family);
    try {
      JsonNode manifest = new ObjectMapper().readTree(folder.resolve("manifest.json").toFile());
      byte[] bytes = Files.readAllBytes(folder.resolve(manifest.get("data_file").asText()));
      List<Case> cases = new ArrayList<>();
      for (JsonNode one : manifest.get("cases")) {
        cases.add(new Case(one, bytes));
      }
      return cases;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** One test for each case of a family. */
  public static Stream<DynamicTest> tests(String family, ThrowingConsumer<Case> test) {
    return tests(family, any -> true, test);
  }

  /** One test for each case of a family that is wanted; at least one must be. */
  public static Stream<DynamicTest> tests(
      String family, Predicate<Case> wanted, ThrowingConsumer<Case> test) {
    List<Case> cases = cases(family).stream().filter(wanted).toList();
    if (cases.isEmpty()) {
      throw new IllegalStateException("vectors: no case of " + family + " is wanted");
    }
    return cases.stream()
        .map(one -> DynamicTest.dynamicTest(one.toString(), () -> test.accept(one)));
  }

  /**
   * One case: its options, its inputs, its expected values.
   *
   * @param json its entry in the manifest
   * @param data the family's data file
   */
  public record Case(JsonNode json, byte[] data) {

    /** Its name, unique in the family. */
    public String id() {
      return text("id");
    }

    /** Whether it has an option. */
    public boolean has(String option) {
      return json.hasNonNull(option);
    }

    /** An option. */
    public JsonNode option(String name) {
      JsonNode value = json.get(name);
      if (value == null) {
        throw new IllegalStateException(id() + " has no option " + name);
      }
      return value;
    }

    /** An option that is a word. */
    public String text(String option) {
      return option(option).asText();
    }

    /** An option that is a whole number. */
    public int integer(String option) {
      return option(option).intValue();
    }

    /** An option that is a number. */
    public double number(String option) {
      return option(option).doubleValue();
    }

    /** An option that is true or false. */
    public boolean flag(String option) {
      return option(option).booleanValue();
    }

    /** An option that is a list of whole numbers. */
    public int[] integers(String option) {
      JsonNode list = option(option);
      int[] values = new int[list.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = list.get(i).intValue();
      }
      return values;
    }

    /** Whether there is such an input array. */
    public boolean hasInput(String name) {
      return json.get("in").has(name);
    }

    /** Whether there is such an expected array. */
    public boolean hasExpected(String name) {
      return json.get("out").has(name);
    }

    /** An input array. */
    public Values input(String name) {
      return values("in", name);
    }

    /** An expected array. */
    public Values expected(String name) {
      return values("out", name);
    }

    private Values values(String side, String name) {
      JsonNode entry = json.get(side).get(name);
      if (entry == null) {
        throw new IllegalStateException(id() + " has no array " + name + " in \"" + side + "\"");
      }
      int[] shape = new int[entry.get("shape").size()];
      for (int i = 0; i < shape.length; i++) {
        shape[i] = entry.get("shape").get(i).intValue();
      }
      String type = entry.get("dtype").asText();
      int count = entry.get("count").intValue();
      int bytes = count * Values.size(type);
      ByteBuffer raw =
          ByteBuffer.wrap(data, entry.get("offset").intValue(), bytes)
              .slice()
              .order(ByteOrder.LITTLE_ENDIAN);
      return new Values(type, shape, count, raw);
    }

    /** Name and options, without the arrays. */
    @Override
    public String toString() {
      StringBuilder text = new StringBuilder(id());
      json.properties().stream()
          .filter(p -> !List.of("id", "in", "out").contains(p.getKey()))
          .forEach(p -> text.append(' ').append(p.getKey()).append('=').append(p.getValue()));
      return text.toString();
    }
  }

  /**
   * One array of the data file.
   *
   * @param type float32, float64, int32, int64 or uint8
   * @param shape its extents, slowest first
   * @param count number of elements
   * @param raw its bytes
   */
  public record Values(String type, int[] shape, int count, ByteBuffer raw) {

    private static int size(String type) {
      return switch (type) {
        case "uint8" -> Byte.BYTES;
        case "int32", "float32" -> Integer.BYTES;
        case "int64", "float64" -> Long.BYTES;
        default -> throw new IllegalStateException("vectors: unknown type " + type);
      };
    }

    /** One element, as a double: exact for all types but int64 beyond 2^53. */
    public double at(int i) {
      return switch (type) {
        case "uint8" -> raw.get(i) & 0xFF;
        case "int32" -> raw.getInt(i * Integer.BYTES);
        case "int64" -> raw.getLong(i * Long.BYTES);
        case "float32" -> raw.getFloat(i * Float.BYTES);
        default -> raw.getDouble(i * Double.BYTES);
      };
    }

    /** All elements of an array of any type. */
    public double[] doubles() {
      double[] values = new double[count];
      for (int i = 0; i < count; i++) {
        values[i] = at(i);
      }
      return values;
    }

    /** All elements of a float32 or uint8 array, exactly. */
    public float[] floats() {
      require(type.equals("float32") || type.equals("uint8"), "float");
      float[] values = new float[count];
      for (int i = 0; i < count; i++) {
        values[i] = (float) at(i);
      }
      return values;
    }

    /** All elements of a whole-number array. */
    public int[] integers() {
      require(!type.startsWith("float"), "int");
      int[] values = new int[count];
      for (int i = 0; i < count; i++) {
        values[i] = (int) at(i);
      }
      return values;
    }

    private void require(boolean exact, String wanted) {
      if (!exact) {
        throw new IllegalStateException("vectors: " + type + " values do not fit " + wanted);
      }
    }
  }
}
