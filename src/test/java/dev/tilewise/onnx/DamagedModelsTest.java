package dev.tilewise.onnx;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.internal.random.SplitMix64;
import dev.tilewise.testdata.Vectors;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged files are read or refused, in one line, within bounds of time and memory. */
class DamagedModelsTest {

  private static final int OF_SMALL = 6_000;

  private static final int OF_REAL = 14_000;

  /** A graph may ask for 256 MB of constants; nothing here has a reason for more than that. */
  private static final long MOST_MILLIS = 5_000;

  @TempDir static Path folder;

  /**
   * A file that is not damaged yet.
   *
   * @param bytes of the file
   * @param known values of its inputs, by their names, that are bound if it still has them
   */
  private record Seed(byte[] bytes, Map<String, OnnxTensor> known) {}

  @Test
  void mutationsOfSmallModels() throws IOException {
    List<Seed> models =
        List.of(
            new Seed(Protos.network().toByteArray(), Map.of()),
            new Seed(Protos.shapes().toByteArray(), Map.of()));
    for (Seed model : models) {
      assertDoesNotThrow(() -> read(model.bytes, model));
    }
    mutate(models, OF_SMALL);
  }

  @Test
  void mutationsOfRealModels() throws IOException {
    NodeCases.unpack(folder);
    List<Seed> models = new ArrayList<>();
    for (List<String> names : NodeCases.names().values()) {
      models.add(seed(folder.resolve(names.get(names.size() / 2))));
    }
    byte[] digits = Files.readAllBytes(Vectors.folder().resolve("models/mnist_8/model.onnx"));
    // As many of the network as of all others.
    for (int i = models.size(); i > 0; i--) {
      models.add(new Seed(digits, Map.of()));
    }
    mutate(models, OF_REAL);
  }

  private static final long[] ODD = {
    Long.MIN_VALUE,
    -(1L << 40),
    Integer.MIN_VALUE,
    -65_536,
    -3,
    -2,
    -1,
    0,
    1,
    2,
    3,
    5,
    100,
    65_536,
    1 << 30,
    Integer.MAX_VALUE,
    1L << 31,
    1L << 40,
    Long.MAX_VALUE
  };

  /** Whole files whose strides, axes, extents and counts are anything. */
  @Test
  void oddNumbersInRealModels() throws IOException {
    NodeCases.unpack(folder);
    SplitMix64 random = new SplitMix64(13);
    int traced = 0;
    int tried = 0;
    for (List<String> names : NodeCases.names().values()) {
      for (String name : names) {
        OnnxGraph model = ModelFile.read(folder.resolve(name).resolve("model.onnx"));
        List<OnnxTensor> tensors = NodeCases.tensors(folder.resolve(name), "input");
        for (int round = 0; round < 40; round++) {
          tried++;
          traced += traces(name, model, tensors, random) ? 1 : 0;
        }
      }
    }
    assertTrue(traced > tried / 10 && traced < tried, traced + " of " + tried + " were traced");
  }

  private static boolean traces(
      String name, OnnxGraph model, List<OnnxTensor> tensors, SplitMix64 random) {
    List<OnnxNode> nodes =
        model.nodes().stream()
            .map(
                node -> {
                  Map<String, Object> odd = new HashMap<>();
                  new TreeMap<>(node.attributes())
                      .forEach((key, value) -> odd.put(key, odd(value, random)));
                  return new OnnxNode(
                      node.op(), node.domain(), node.name(), node.inputs(), node.outputs(), odd);
                })
            .toList();
    Map<String, OnnxTensor> constants = new HashMap<>(model.initializers());
    // Sometimes all inputs are known, so that everything is computed at once.
    for (int i = random.below(2); i < tensors.size(); i++) {
      constants.put(model.inputs().get(i).name(), (OnnxTensor) odd(tensors.get(i), random));
    }
    OnnxGraph changed =
        new OnnxGraph(
            model.name(), model.inputs(), model.outputs(), nodes, constants, model.opsets());
    try {
      OnnxModel.of(changed).graph();
      return true;
    } catch (OnnxException e) {
      assertFalse(e.getMessage().contains("\n"), e.getMessage());
      return false;
    } catch (Throwable e) {
      throw new AssertionError(name + " with " + nodes + " " + constants, e);
    }
  }

  /** Some of the integers become others. */
  private static Object odd(Object value, SplitMix64 random) {
    if (random.below(3) > 0) {
      return value;
    }
    if (value instanceof Long) {
      return ODD[random.below(ODD.length)];
    }
    if (value instanceof List<?> list) {
      return list.stream()
          .map(one -> one instanceof Long && random.below(2) == 0 ? odd(one, random) : one)
          .toList();
    }
    if (value instanceof OnnxTensor tensor && tensor.integers() != null) {
      long[] integers = tensor.integers().clone();
      for (int i = 0; i < integers.length; i++) {
        integers[i] = random.below(2) == 0 ? ODD[random.below(ODD.length)] : integers[i];
      }
      return OnnxTensor.integers(tensor.dims(), integers);
    }
    return value;
  }

  /** A conformance case with all inputs known but the first. */
  private static Seed seed(Path place) throws IOException {
    Path file = place.resolve("model.onnx");
    List<String> inputs = OnnxModel.load(file).inputs();
    List<OnnxTensor> tensors = NodeCases.tensors(place, "input");
    Map<String, OnnxTensor> known = new HashMap<>();
    for (int i = 1; i < tensors.size(); i++) {
      known.put(inputs.get(i), tensors.get(i));
    }
    return new Seed(Files.readAllBytes(file), known);
  }

  private static void mutate(List<Seed> models, int mutations) throws IOException {
    SplitMix64 random = new SplitMix64(11);
    int refused = 0;
    for (int i = 0; i < mutations; i++) {
      Seed seed = models.get(i % models.size());
      byte[] model = mutation(seed.bytes, random);
      long start = System.nanoTime();
      try {
        read(model, seed);
      } catch (IOException e) {
        refused++;
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
      } catch (Throwable e) {
        Path kept = Files.write(Path.of("target", "damaged.onnx"), model);
        throw new AssertionError("mutation " + i + ", kept in " + kept, e);
      }
      long millis = (System.nanoTime() - start) / 1_000_000;
      assertTrue(millis < MOST_MILLIS, "mutation " + i + " took " + millis + " ms");
    }
    assertTrue(refused > mutations / 4 && refused < mutations * 0.9, refused + " were refused");
  }

  private static void read(byte[] bytes, Seed seed) throws IOException {
    // Not from files: opening twenty thousand would take longer than reading them.
    MemorySegment memory =
        Arena.ofAuto().allocate(bytes.length).copyFrom(MemorySegment.ofArray(bytes));
    OnnxModel model = OnnxModel.of(ModelFile.read(folder.resolve("damaged.onnx"), memory));
    for (String input : model.inputs()) {
      OnnxTensor tensor = seed.known.get(input);
      if (tensor != null) {
        model =
            tensor.integers() == null
                ? model.bind(input, tensor.dims(), NodeCases.floats(tensor))
                : model.bindIntegers(input, tensor.dims(), tensor.integers());
      }
    }
    model.graph();
  }

  /** One to four changes: bytes, numbers that become large, parts that go or come twice. */
  private static byte[] mutation(byte[] model, SplitMix64 random) {
    byte[] changed = model.clone();
    for (int change = random.below(4); change >= 0; change--) {
      int at = random.below(changed.length);
      int length = 1 + random.below(8);
      switch (random.below(6)) {
        case 0 -> changed[at] = (byte) random.below(256);
        case 1 -> changed[at] ^= (byte) (1 << random.below(8));
        case 2 -> changed[at] = (byte) (random.below(2) == 0 ? 0x7F : 0);
        case 3 -> {
          int end = Math.min(changed.length, at + length);
          Arrays.fill(changed, at, end, (byte) 0xFF);
        }
        case 4 -> changed = spliced(changed, at, at, random.below(changed.length), length);
        default -> {
          if (random.below(4) == 0 && at > 0) {
            changed = Arrays.copyOf(changed, at);
          } else {
            int end = Math.min(changed.length, at + length);
            changed = spliced(changed, at, end, 0, 0);
          }
        }
      }
      if (changed.length == 0) {
        return new byte[] {0};
      }
    }
    return changed;
  }

  /** The bytes with some of them, from one place to another, replaced by a copy of others. */
  private static byte[] spliced(byte[] bytes, int from, int to, int source, int count) {
    byte[] put = Arrays.copyOfRange(bytes, source, Math.min(bytes.length, source + count));
    byte[] result = new byte[bytes.length - (to - from) + put.length];
    System.arraycopy(bytes, 0, result, 0, from);
    System.arraycopy(put, 0, result, from, put.length);
    System.arraycopy(bytes, to, result, from + put.length, bytes.length - to);
    return result;
  }
}
