package dev.tilewise.nn;

import dev.tilewise.Shape;
import dev.tilewise.format.Dtype;
import dev.tilewise.format.FormatException;
import dev.tilewise.format.Safetensors;
import dev.tilewise.format.StoredTensor;
import dev.tilewise.graph.Graph;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A network as a safetensors file: parameters are tensors of their names and extents, and the
 * metadata hold the rest:
 *
 * <pre>
 * tilewise.network  "1"
 * tilewise.input    W H D
 * tilewise.layers   a line for each layer: its {@link LayerSpec.Kind}, its numbers
 * tilewise.class.i  the name of class i
 * </pre>
 */
final class TensorFile {

  static final String SUFFIX = ".safetensors";

  private static final String VERSION = "1";
  private static final String NETWORK = "tilewise.network";
  private static final String INPUT = "tilewise.input";
  private static final String LAYERS = "tilewise.layers";
  private static final String CLASS = "tilewise.class.";

  private TensorFile() {}

  /** Whether a file begins as those of safetensors do: a length of 8 bytes, then a brace. */
  static boolean isOne(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] start = in.readNBytes(Long.BYTES + 1);
      return start.length > Long.BYTES && start[Long.BYTES] == '{';
    } catch (IOException whoReadsItSaysWhy) {
      return false;
    }
  }

  /** Whether a file's name is one of safetensors. */
  static boolean isNamed(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(SUFFIX);
  }

  static void write(Network network, Path file) throws IOException {
    Map<String, String> metadata = new LinkedHashMap<>();
    Shape in = network.inputShape();
    metadata.put(NETWORK, VERSION);
    metadata.put(INPUT, in.w() + " " + in.h() + " " + in.c());
    metadata.put(
        LAYERS,
        network.layers().stream()
            .map(layer -> line(layer.spec()))
            .collect(Collectors.joining("\n")));
    for (int i = 0; i < network.classNames().size(); i++) {
      metadata.put(CLASS + i, network.classNames().get(i));
    }
    List<StoredTensor> tensors = new ArrayList<>();
    for (Parameter parameter : network.parameters()) {
      long[] shape = Arrays.stream(parameter.extents()).asLongStream().toArray();
      tensors.add(StoredTensor.of(parameter.name(), parameter.values(), shape));
    }
    Safetensors.write(file, metadata, tensors);
  }

  private static String line(LayerSpec spec) {
    return spec.kind()
        + spec.numbers().stream().map(number -> " " + number).collect(Collectors.joining());
  }

  static Network read(Path file) throws IOException {
    try (Arena arena = Arena.ofShared()) {
      Safetensors tensors = Safetensors.open(file, arena);
      Map<String, String> metadata = tensors.metadata();
      if (!VERSION.equals(metadata.get(NETWORK))) {
        throw new FormatException(
            file,
            metadata.containsKey(NETWORK)
                ? "network version " + metadata.get(NETWORK) + ", this release reads " + VERSION
                : metadata.containsKey(Graph.METADATA)
                    ? "has a graph, which Graph.load reads, and no network"
                    : "has tensors, but no network: there is no " + NETWORK + " in its metadata");
      }
      NetworkBuilder described = describe(file, metadata);
      if (described.parameterCount() > Files.size(file) / Float.BYTES) {
        throw new FormatException(
            file,
            described.parameterCount() + " parameters do not fit " + Files.size(file) + " bytes");
      }
      Network network = allocate(file, described);
      for (Parameter parameter : network.parameters()) {
        fill(file, parameter, tensors.tensor(parameter.name()));
      }
      return network;
    }
  }

  private static NetworkBuilder describe(Path file, Map<String, String> metadata)
      throws FormatException {
    try {
      int[] in = numbers(metadata.getOrDefault(INPUT, ""));
      NetworkBuilder builder = new NetworkBuilder(Shape.image(in[0], in[1], in[2]));
      for (String line : metadata.getOrDefault(LAYERS, "").split("\n", -1)) {
        String[] words = line.split(" ", 2);
        Integer[] numbers =
            Arrays.stream(numbers(words.length > 1 ? words[1] : ""))
                .boxed()
                .toArray(Integer[]::new);
        builder.add(LayerSpec.of(LayerSpec.Kind.valueOf(words[0]), numbers));
      }
      List<String> names = new ArrayList<>();
      while (metadata.containsKey(CLASS + names.size())) {
        names.add(metadata.get(CLASS + names.size()));
      }
      return builder.classNames(names);
    } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
      throw new FormatException(file, "the layers make no sense: " + e.getMessage(), e);
    }
  }

  private static Network allocate(Path file, NetworkBuilder described) throws FormatException {
    try {
      return described.allocate();
    } catch (IllegalArgumentException e) {
      throw new FormatException(file, "the layers make no sense: " + e.getMessage(), e);
    }
  }

  private static int[] numbers(String text) {
    return text.isEmpty()
        ? new int[0]
        : Arrays.stream(text.split(" ")).mapToInt(Integer::parseInt).toArray();
  }

  private static void fill(Path file, Parameter parameter, StoredTensor stored)
      throws FormatException {
    long[] expected = Arrays.stream(parameter.extents()).asLongStream().toArray();
    if (stored.dtype() != Dtype.F32 || !Arrays.equals(stored.shape(), expected)) {
      throw new FormatException(
          file, stored + " is not " + Dtype.F32 + " " + Arrays.toString(expected));
    }
    parameter.set(stored.floats());
  }
}
