package dev.tilewise.nn;

import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.WarmUp;
import dev.tilewise.Workers;
import dev.tilewise.graph.Dims;
import dev.tilewise.graph.Graph;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.Value;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Layers in a row, with their weights. The memory belongs to the network and goes with it.
 * Predictions of several threads wait for each other; training must not run at the same time.
 *
 * <p>The outputs are those of the last layer, as they are: scores whose softmax is a probability.
 */
public final class Network {

  /** Batch sizes for which plans are kept. */
  private static final int KEPT_PASSES = 4;

  private final List<Layer> layers;
  private final List<String> classNames;
  private final Map<Integer, Pass> passes =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, Pass> eldest) {
          return size() > KEPT_PASSES;
        }
      };

  Network(List<Layer> layers, List<String> classNames) {
    this.layers = layers;
    this.classNames = classNames;
  }

  /**
   * Begins the description of a network.
   *
   * @param input the volume of one image, {@code Shape.image(W, H, D)}
   * @return a description without layers
   */
  public static NetworkBuilder sequential(Shape input) {
    return new NetworkBuilder(Objects.requireNonNull(input, "input"));
  }

  /**
   * Reads a network that {@link #save} wrote.
   *
   * @param file a model file
   * @return the network
   * @throws IOException if the file cannot be read, or is no such file, truncated or damaged; the
   *     message is one line
   */
  public static Network load(Path file) throws IOException {
    Objects.requireNonNull(file, "file");
    boolean tensors = TensorFile.isNamed(file) || TensorFile.isOne(file);
    return tensors && !ModelFile.isOne(file) ? TensorFile.read(file) : ModelFile.read(file);
  }

  /**
   * Writes layers, weights and class names to a file, which is replaced only when everything is
   * written. Until then another file beside it, of a name of its own, takes what is written. A name
   * that ends in {@code .safetensors} makes it a file of that format, whose metadata hold layers
   * and class names; every other a file of our own.
   *
   * @param file a model file
   * @throws IOException if it cannot be written, is a directory, or has a name that ends in {@code
   *     .onnx}, as no file of ONNX is written
   */
  public void save(Path file) throws IOException {
    Objects.requireNonNull(file, "file");
    if (file.toString().toLowerCase(Locale.ROOT).endsWith(".onnx")) {
      throw new IOException(
          file + ": cannot be written: ONNX files are only read; .tw and .safetensors are written");
    }
    if (TensorFile.isNamed(file)) {
      TensorFile.write(this, file);
    } else {
      ModelFile.write(this, file);
    }
  }

  /**
   * The volume of one image.
   *
   * @return the shape, with a batch of one
   */
  public Shape inputShape() {
    return layers.getFirst().inputShape();
  }

  /**
   * The outputs for one image.
   *
   * @return the shape, with a batch of one
   */
  public Shape outputShape() {
    return layers.getLast().outputShape();
  }

  /**
   * The layers in order.
   *
   * @return an unmodifiable list
   */
  public List<Layer> layers() {
    return layers;
  }

  /**
   * The names of the classes.
   *
   * @return one for each output; empty if they have none
   */
  public List<String> classNames() {
    return classNames;
  }

  /**
   * All parameters, layer by layer.
   *
   * @return a new list
   */
  public List<Parameter> parameters() {
    return layers.stream().flatMap(layer -> layer.parameters().stream()).toList();
  }

  /**
   * One parameter.
   *
   * @param name such as {@code conv1.weight}
   * @return the parameter
   * @throws IllegalArgumentException if there is none of that name
   */
  public Parameter parameter(String name) {
    for (Parameter parameter : parameters()) {
      if (parameter.name().equals(name)) {
        return parameter;
      }
    }
    throw new IllegalArgumentException(
        "network: there is no parameter " + name + " among " + parameters());
  }

  /**
   * Number of weights and biases.
   *
   * @return the total
   */
  public long parameterCount() {
    return layers.stream().mapToLong(Layer::parameterCount).sum();
  }

  /**
   * Multiply-adds for one image.
   *
   * @return the total
   */
  public long multiplyAdds() {
    return layers.stream().mapToLong(Layer::multiplyAdds).sum();
  }

  /**
   * A table with a line for each layer: name, what it is, input W x H x D, output W2 x H2 x D2,
   * parameters as weights + biases, multiply-adds for one image; and the totals.
   *
   * @return several lines of text
   */
  public String summary() {
    return Summary.of(layers);
  }

  /**
   * The scores of one image, computed by the calling thread.
   *
   * @param image h * w * c floats in NHWC order: row by row, the depth column of each pixel
   * @return one score for each output
   * @throws IllegalArgumentException if there are more or fewer floats
   */
  public float[] predict(float[] image) {
    Objects.requireNonNull(image, "image");
    return predict(Tensor.of(Arena.ofAuto(), inputShape(), Layout.NHWC, image));
  }

  /**
   * The scores of one image, computed by the calling thread.
   *
   * @param image of the network's input shape, in any layout
   * @return one score for each output, in NCHW order
   * @throws IllegalArgumentException if the image has another shape, or there are several
   * @throws IllegalStateException if its arena is closed or belongs to another thread
   */
  public float[] predict(Tensor image) {
    Pass.require(image, inputShape());
    return forward(image, Workers.serial()).toArray(Layout.NCHW);
  }

  /**
   * The scores of a batch.
   *
   * @param images a batch of the network's input shape, in any layout
   * @param workers who computes
   * @return for each image one score for each output
   * @throws IllegalArgumentException if the images have another shape
   * @throws IllegalStateException if their arena is closed or belongs to another thread
   */
  public float[][] predict(Tensor images, Workers workers) {
    float[] all = forward(images, workers).toArray(Layout.NCHW);
    int outputs = (int) outputShape().elements();
    float[][] scores = new float[images.shape().n()][outputs];
    for (int n = 0; n < scores.length; n++) {
      System.arraycopy(all, n * outputs, scores[n], 0, outputs);
    }
    return scores;
  }

  /**
   * The outputs of a batch.
   *
   * @param images a batch of the network's input shape, in any layout
   * @param workers who computes
   * @return a new tensor, NHWC, owned by the garbage collector
   * @throws IllegalArgumentException if the images have another shape
   * @throws IllegalStateException if their arena is closed or belongs to another thread
   */
  public synchronized Tensor forward(Tensor images, Workers workers) {
    Objects.requireNonNull(images, "images");
    Objects.requireNonNull(workers, "workers");
    // Before memory is taken for a batch of this size.
    if (!images.shape().withBatch(1).equals(inputShape())) {
      throw new IllegalArgumentException(
          "network: input is " + images.shape() + " but the network takes " + inputShape());
    }
    Pass.require(images, images.shape());
    Pass pass = passes.computeIfAbsent(images.shape().n(), batch -> new Pass(layers, batch, true));
    Tensor outputs = pass.forward(images, workers);
    return Pass.allocate(outputs.shape()).copyFrom(outputs);
  }

  /**
   * Brings predictions of one batch size to their compiled speed, on images of zeros and memory of
   * its own, which the garbage collector frees.
   *
   * @param batch images of a prediction, at least 1
   * @param workers who computes
   * @param limit of the time; it is checked between passes
   * @return how long it took, and whether times settled
   * @throws IllegalArgumentException if the batch or the limit is not positive
   */
  public WarmUp warmUp(int batch, Workers workers, Duration limit) {
    Objects.requireNonNull(workers, "workers");
    if (batch < 1) {
      throw new IllegalArgumentException("network: the batch must be positive, not " + batch);
    }
    Pass pass = new Pass(layers, batch, true);
    Tensor zeros = Pass.allocate(inputShape().withBatch(batch));
    return WarmUp.of(limit, () -> pass.forward(zeros, workers));
  }

  /**
   * What every layer makes of one image.
   *
   * @param image of the network's input shape, in any layout
   * @return for each of {@link #layers} its output, NHWC, owned by the garbage collector
   * @throws IllegalArgumentException if the image has another shape, or there are several
   * @throws IllegalStateException if its arena is closed or belongs to another thread
   */
  public List<Tensor> activations(Tensor image) {
    Pass.require(image, inputShape());
    Pass pass = new Pass(layers, 1, false);
    pass.forward(image, Workers.serial());
    List<Tensor> outputs = new ArrayList<>();
    for (Pass.Stage stage : pass.stages()) {
      outputs.add(stage.output());
    }
    return outputs;
  }

  /**
   * The network as a graph for inference, with copies of the present weights.
   *
   * @param batch images of a run, at least 1
   * @return a graph, whose input is named {@code image} and output {@code scores}
   * @throws IllegalArgumentException if the batch is not positive
   */
  public Graph graph(int batch) {
    GraphBuilder builder = new GraphBuilder();
    Value value = builder.input("image", Dims.of(inputShape().withBatch(batch)));
    for (Layer layer : layers) {
      value = layer.append(builder, value);
    }
    return builder.output(builder.name(value, "scores")).build();
  }

  /**
   * Makes what training steps of one batch size need.
   *
   * @param batch images of one step, at least 1
   * @return memory and passes
   */
  public Training training(int batch) {
    return new Training(new Pass(layers, batch, true));
  }

  /** The volumes on the way through, such as {@code 28x28x1 -> 1x1x10, 431,080 parameters}. */
  @Override
  public String toString() {
    Shape in = inputShape();
    Shape out = outputShape();
    return String.format(
        Locale.ROOT,
        "network %dx%dx%d -> %dx%dx%d, %,d parameters",
        in.w(),
        in.h(),
        in.c(),
        out.w(),
        out.h(),
        out.c(),
        parameterCount());
  }
}
