package dev.tilewise.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.Algorithm;
import dev.tilewise.ConvCase;
import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import dev.tilewise.format.FormatException;
import dev.tilewise.format.Safetensors;
import dev.tilewise.format.StoredTensor;
import dev.tilewise.graph.CompileOptions;
import dev.tilewise.graph.CompiledGraph;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorFileTest {

  @TempDir Path folder;

  private final Network network =
      Network.sequential(Shape.image(8, 9, 2))
          .conv(ConvCase.parse("n1c2h9w8 k4g2f3x2p1x0x2x1"))
          .relu()
          .avgPool(2, 2, 0)
          .locallyConnected(3, 2, 1, 0)
          .maxPool(2, 1, 1)
          .dense(4)
          .relu()
          .dense(3)
          .classNames(List.of("cat", "größe", "line\nbreak"))
          .build(9);

  private static float[] image(Network network) {
    float[] image = new float[(int) network.inputShape().elements()];
    for (int i = 0; i < image.length; i++) {
      image[i] = (i * 37 % 19 - 9) / 8f;
    }
    return image;
  }

  @Test
  void aNetworkComesBackFromSafetensorsBitForBit() throws IOException {
    Path file = folder.resolve("model.safetensors");
    network.save(file);
    Network back = Network.load(file);
    assertEquals(network.summary(), back.summary());
    assertEquals(network.classNames(), back.classNames());
    for (Parameter parameter : network.parameters()) {
      assertArrayEquals(parameter.values(), back.parameter(parameter.name()).values());
    }
    assertArrayEquals(network.predict(image(network)), back.predict(image(network)));
  }

  @Test
  void everyTensorHasTheNameAndExtentsOfItsParameter() throws IOException {
    Path file = folder.resolve("model.safetensors");
    network.save(file);
    try (Arena arena = Arena.ofShared()) {
      Safetensors tensors = Safetensors.open(file, arena);
      for (Parameter parameter : network.parameters()) {
        StoredTensor stored = tensors.tensor(parameter.name());
        assertEquals(parameter.size(), stored.elements());
        assertArrayEquals(parameter.values(), stored.floats());
      }
    }
  }

  @Test
  void tensorsWithoutANetworkAreRefused() throws IOException {
    Path file = folder.resolve("weights.safetensors");
    Safetensors.write(file, Map.of(), List.of(StoredTensor.of("a", new float[] {1}, 1)));
    String message = assertThrows(FormatException.class, () -> Network.load(file)).getMessage();
    assertTrue(message.contains("no tilewise.network"), message);
  }

  /** About 2^60 parameters each, so that 64 bits do not hold the sum. */
  private static String manyLayers(int layers) {
    return String.join("\n", Collections.nCopies(layers, "DENSE " + Integer.MAX_VALUE / 2));
  }

  @Test
  void whatTheMetadataSayIsChecked() throws IOException {
    Path file = folder.resolve("model.safetensors");
    network.save(file);
    Map<String, String> metadata;
    List<StoredTensor> tensors;
    try (Arena arena = Arena.ofShared()) {
      Safetensors saved = Safetensors.open(file, arena);
      metadata = saved.metadata();
      tensors =
          saved.tensors().stream()
              .map(t -> StoredTensor.of(t.name(), t.floats(), t.shape()))
              .toList();
    }
    for (String[] change :
        new String[][] {
          {"tilewise.network", "2", "version 2"},
          {"tilewise.input", "8", "make no sense"},
          {"tilewise.input", "8 9 -2", "make no sense"},
          {"tilewise.layers", "NOTHING 1", "make no sense"},
          {"tilewise.layers", "DENSE x", "make no sense"},
          {"tilewise.layers", "DENSE 1000000", "do not fit"},
          {"tilewise.layers", manyLayers(9), "2^61 parameters or more"},
          {"tilewise.layers", manyLayers(10), "2^61 parameters or more"},
          {"tilewise.layers", "DENSE 3", "dense1.weight"},
          {"tilewise.class.3", "one too many", "class names"},
        }) {
      Map<String, String> changed = new TreeMap<>(metadata);
      changed.put(change[0], change[1]);
      Path other = folder.resolve("changed.safetensors");
      Safetensors.write(other, changed, tensors);
      String message = assertThrows(FormatException.class, () -> Network.load(other)).getMessage();
      assertTrue(message.contains(change[2]), message);
    }
  }

  @Test
  void theGraphOfANetworkPredictsTheSame() {
    // Joined with the reshape before it, a dense layer sums in the order of memory, as here.
    CompileOptions direct = CompileOptions.fastest().algorithm(Algorithm.DIRECT);
    CompiledGraph compiled = network.graph(1).compile(direct);
    Tensor x = Tensor.of(Arena.ofAuto(), network.inputShape(), Layout.NHWC, image(network));
    float[] scores = compiled.run(x.toArray(Layout.NCHW));
    assertArrayEquals(network.predict(x), scores);
    CompiledGraph two = network.graph(2).compile(direct);
    float[] once = x.toArray(Layout.NCHW);
    float[] twice = new float[2 * once.length];
    System.arraycopy(once, 0, twice, 0, once.length);
    System.arraycopy(once, 0, twice, once.length, once.length);
    float[] both = two.run(List.of(twice), Workers.serial()).getFirst();
    for (int i = 0; i < scores.length; i++) {
      assertEquals(both[i], both[i + scores.length]);
      assertEquals(scores[i], both[i]);
    }
  }
}
