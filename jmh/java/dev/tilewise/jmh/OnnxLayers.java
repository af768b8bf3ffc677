package dev.tilewise.jmh;

import dev.tilewise.Activation;
import dev.tilewise.graph.ConvSettings;
import dev.tilewise.graph.Dims;
import dev.tilewise.zoo.Layers;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a network as an ONNX model while it is described to others as well, who know the extents:
 * so both have the same weights.
 *
 * @param <V> what the others make
 */
final class OnnxLayers<V> implements Layers<OnnxLayers.Edge<V>> {

  /**
   * A value here and there.
   *
   * @param name in the model
   * @param value what the others made
   */
  record Edge<V>(String name, V value) {}

  private final Layers<V> others;
  private final OnnxBytes graph = new OnnxBytes();
  private final Map<String, Edge<V>> edges = new HashMap<>();

  OnnxLayers(Layers<V> others) {
    this.others = others;
    graph.text(2, "network");
  }

  /** The model so far. */
  byte[] model() {
    return OnnxBytes.model(graph);
  }

  /** Extents of a value. */
  long[] dims(String name) {
    int[] dims = others.dims(edges.get(name).value).toArray();
    long[] wide = new long[dims.length];
    for (int i = 0; i < dims.length; i++) {
      wide[i] = dims[i];
    }
    return wide;
  }

  /** Makes a value an output of the model, and of the model alone. */
  void expose(String name) {
    graph.message(12, OnnxBytes.value(name, dims(name)));
  }

  private String constant(String name, MemorySegment values, Dims dims) {
    long[] wide = new long[dims.rank()];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = dims.get(i);
    }
    graph.message(5, OnnxBytes.tensor(name, values.toArray(ValueLayout.JAVA_BYTE), wide));
    return name;
  }

  private String vector(String name, MemorySegment values) {
    return constant(name, values, Dims.of(Math.toIntExact(values.byteSize() / Float.BYTES)));
  }

  private String integers(String name, long... values) {
    graph.message(5, OnnxBytes.integers(name, values));
    return name;
  }

  private Edge<V> edge(String name, OnnxBytes node, V value) {
    graph.message(1, node);
    return remember(name, value);
  }

  private Edge<V> remember(String name, V value) {
    Edge<V> edge = new Edge<>(name, value);
    edges.put(name, edge);
    return edge;
  }

  @Override
  public Edge<V> input(String name, Dims dims) {
    Edge<V> edge = remember(name, others.input(name, dims));
    graph.message(11, OnnxBytes.value(name, dims(name)));
    return edge;
  }

  @Override
  public Dims dims(Edge<V> edge) {
    return others.dims(edge.value);
  }

  @Override
  public Edge<V> conv(
      String name,
      Edge<V> x,
      Dims filters,
      MemorySegment weights,
      MemorySegment bias,
      ConvSettings s) {
    String w = constant(name + "/weights", weights, filters);
    OnnxBytes node =
        bias == null
            ? OnnxBytes.node("Conv", name, x.name, w)
            : OnnxBytes.node("Conv", name, x.name, w, vector(name + "/bias", bias));
    node.attribute("kernel_shape", new long[] {filters.get(2), filters.get(3)})
        .attribute("strides", new long[] {s.sh(), s.sw()})
        .attribute("pads", new long[] {s.pt(), s.pl(), s.pb(), s.pr()})
        .attribute("dilations", new long[] {s.dh(), s.dw()})
        .attribute("group", (long) s.groups());
    return edge(name, node, others.conv(name, x.value, filters, weights, bias, s));
  }

  @Override
  public Edge<V> convTranspose(
      String name, Edge<V> x, Dims filters, MemorySegment weights, MemorySegment bias, int stride) {
    String w = constant(name + "/weights", weights, filters);
    OnnxBytes node =
        OnnxBytes.node("ConvTranspose", name, x.name, w, vector(name + "/bias", bias))
            .attribute("kernel_shape", new long[] {filters.get(2), filters.get(3)})
            .attribute("strides", new long[] {stride, stride});
    return edge(name, node, others.convTranspose(name, x.value, filters, weights, bias, stride));
  }

  @Override
  public Edge<V> dense(
      String name, Edge<V> x, Dims filters, MemorySegment weights, MemorySegment bias) {
    String w = constant(name + "/weights", weights, filters);
    OnnxBytes node =
        OnnxBytes.node("Gemm", name, x.name, w, vector(name + "/bias", bias))
            .attribute("transB", 1L);
    return edge(name, node, others.dense(name, x.value, filters, weights, bias));
  }

  @Override
  public Edge<V> batchNorm(String name, Edge<V> x, Normalization numbers) {
    OnnxBytes node =
        OnnxBytes.node(
                "BatchNormalization",
                name,
                x.name,
                vector(name + "/gamma", numbers.gamma()),
                vector(name + "/beta", numbers.beta()),
                vector(name + "/mean", numbers.mean()),
                vector(name + "/variance", numbers.variance()))
            .attribute("epsilon", numbers.epsilon());
    return edge(name, node, others.batchNorm(name, x.value, numbers));
  }

  @Override
  public Edge<V> activation(String name, Edge<V> x, Activation function) {
    OnnxBytes node;
    if (function.apply(Float.POSITIVE_INFINITY) == Float.POSITIVE_INFINITY) {
      node = OnnxBytes.node("Relu", name, x.name);
    } else {
      String low = limit(name + "/min", function.apply(Float.NEGATIVE_INFINITY));
      String high = limit(name + "/max", function.apply(Float.POSITIVE_INFINITY));
      node = OnnxBytes.node("Clip", name, x.name, low, high);
    }
    return edge(name, node, others.activation(name, x.value, function));
  }

  private String limit(String name, float value) {
    return constant(name, MemorySegment.ofArray(new float[] {value}), Dims.of());
  }

  @Override
  public Edge<V> maxPool(String name, Edge<V> x, int f, int s, int p, boolean ceil) {
    OnnxBytes node =
        OnnxBytes.node("MaxPool", name, x.name)
            .attribute("kernel_shape", new long[] {f, f})
            .attribute("strides", new long[] {s, s})
            .attribute("pads", new long[] {p, p, p, p})
            .attribute("ceil_mode", ceil ? 1L : 0L);
    return edge(name, node, others.maxPool(name, x.value, f, s, p, ceil));
  }

  @Override
  public Edge<V> globalAverage(String name, Edge<V> x) {
    OnnxBytes node = OnnxBytes.node("GlobalAveragePool", name, x.name);
    return edge(name, node, others.globalAverage(name, x.value));
  }

  @Override
  public Edge<V> lrn(String name, Edge<V> x, int size, float alpha, float beta, float bias) {
    OnnxBytes node =
        OnnxBytes.node("LRN", name, x.name)
            .attribute("size", (long) size)
            .attribute("alpha", alpha)
            .attribute("beta", beta)
            .attribute("bias", bias);
    return edge(name, node, others.lrn(name, x.value, size, alpha, beta, bias));
  }

  @Override
  public Edge<V> add(String name, Edge<V> a, Edge<V> b) {
    OnnxBytes node = OnnxBytes.node("Add", name, a.name, b.name);
    return edge(name, node, others.add(name, a.value, b.value));
  }

  @Override
  public Edge<V> concat(String name, List<Edge<V>> images) {
    OnnxBytes node =
        OnnxBytes.node("Concat", name, images.stream().map(Edge::name).toArray(String[]::new))
            .attribute("axis", 1L);
    return edge(name, node, others.concat(name, images.stream().map(Edge::value).toList()));
  }

  @Override
  public Edge<V> crop(String name, Edge<V> x, int height, int width) {
    Dims dims = dims(x);
    long top = (dims.get(2) - height) / 2;
    long left = (dims.get(3) - width) / 2;
    String from = integers(name + "/starts", top, left);
    String to = integers(name + "/ends", top + height, left + width);
    OnnxBytes node =
        OnnxBytes.node("Slice", name, x.name, from, to, integers(name + "/axes", 2, 3));
    return edge(name, node, others.crop(name, x.value, height, width));
  }

  @Override
  public Edge<V> flatten(String name, Edge<V> x) {
    OnnxBytes node = OnnxBytes.node("Flatten", name, x.name).attribute("axis", 1L);
    return edge(name, node, others.flatten(name, x.value));
  }

  @Override
  public Edge<V> softmax(String name, Edge<V> x) {
    OnnxBytes node = OnnxBytes.node("Softmax", name, x.name).attribute("axis", 1L);
    return edge(name, node, others.softmax(name, x.value));
  }

  @Override
  public void output(Edge<V> edge) {
    others.output(edge.value);
    expose(edge.name);
  }
}
