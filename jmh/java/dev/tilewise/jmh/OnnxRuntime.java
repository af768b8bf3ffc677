package dev.tilewise.jmh;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import dev.tilewise.ConvCase;
import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.cli.Sample;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** ONNX Runtime: a model of Conv and Relu, NCHW in and out, over memory given to it. */
final class OnnxRuntime implements Peer {

  /**
   * Release 1.29 starts with a deep recursion over a text of its own choice, which overflowed the 1
   * MB of a Java thread in most processes, and ended them.
   */
  private static final long STACK_BYTES = 256L << 20;

  private static final long TRIAL_NANOS = 20_000_000;
  private static final int FEWEST_TRIALS = 4;

  private final OrtEnvironment environment;
  private final int threads;

  /** Loads the library. */
  OnnxRuntime(int threads) {
    this.threads = threads;
    FutureTask<OrtEnvironment> loading = new FutureTask<>(OrtEnvironment::getEnvironment);
    new Thread(null, loading, "onnxruntime", STACK_BYTES).start();
    try {
      environment = loading.get();
    } catch (ExecutionException | InterruptedException e) {
      throw new IllegalStateException(e.getCause() == null ? e : e.getCause());
    }
  }

  @Override
  public String name() {
    return "ONNX Runtime";
  }

  @Override
  public String version() {
    return environment.getVersion();
  }

  /**
   * An input or output of a model.
   *
   * @param name in the model
   * @param dims in the model
   * @param memory NCHW
   */
  record Port(String name, long[] dims, Tensor memory) {}

  @Override
  public Contender bind(Sample sample, Arena arena) {
    ConvCase c = sample.extents;
    Tensor x = Tensor.allocate(arena, c.input(), Layout.NCHW).copyFrom(sample.x);
    Tensor y = Tensor.allocate(arena, c.output(), Layout.NCHW);
    return bind(
        model(sample),
        new Port("x", dims(c.input()), x),
        List.of(new Port("y", dims(c.output()), y)));
  }

  /** A model in a file, with the library's own choice of optimizations. */
  OrtSession session(Path model) throws OrtException {
    try (OrtSession.SessionOptions options = options()) {
      return environment.createSession(model.toString(), options);
    }
  }

  private OrtSession.SessionOptions options() throws OrtException {
    OrtSession.SessionOptions options = new OrtSession.SessionOptions();
    options.setIntraOpNumThreads(threads);
    options.setInterOpNumThreads(1);
    options.setExecutionMode(OrtSession.SessionOptions.ExecutionMode.SEQUENTIAL);
    return options;
  }

  /** A tensor that the library owns. */
  OnnxTensor tensor(float[] values, long[] extents) throws OrtException {
    return OnnxTensor.createTensor(environment, FloatBuffer.wrap(values), extents);
  }

  /** A model, ready to run on memory. */
  Contender bind(byte[] bytes, Port input, List<Port> ports) {
    try {
      // All optimizations choose a blocked layout and reorder its input and output, which does not
      // always pay: of the two the faster one competes.
      Model blocked = new Model(bytes, input, ports, OptLevel.ALL_OPT);
      Model plain = new Model(bytes, input, ports, OptLevel.EXTENDED_OPT);
      boolean better = plain.alone() < blocked.alone();
      (better ? blocked : plain).close();
      return better ? plain : blocked;
    } catch (OrtException e) {
      throw new UnsupportedOperationException(e.getMessage(), e);
    }
  }

  private static byte[] model(Sample sample) {
    ConvCase c = sample.extents;
    OnnxBytes conv =
        OnnxBytes.node("Conv", "sum", "x", "w", "b")
            .attribute("kernel_shape", c.fh(), c.fw())
            .attribute("strides", c.sh(), c.sw())
            .attribute("pads", c.pt(), c.pl(), c.pb(), c.pr())
            .attribute("dilations", c.dh(), c.dw())
            .attribute("group", c.groups());
    byte[] weights = sample.naive.w().toArray(ValueLayout.JAVA_BYTE);
    byte[] bias = sample.naive.bias().toArray(ValueLayout.JAVA_BYTE);
    return OnnxBytes.model(
        new OnnxBytes()
            .message(1, conv)
            .message(1, OnnxBytes.node("Relu", "y", "sum"))
            .text(2, "layer")
            .message(5, OnnxBytes.tensor("w", weights, c.k(), c.groupC(), c.fh(), c.fw()))
            .message(5, OnnxBytes.tensor("b", bias, c.k()))
            .message(11, OnnxBytes.value("x", dims(c.input())))
            .message(12, OnnxBytes.value("y", dims(c.output()))));
  }

  private static long[] dims(Shape s) {
    return new long[] {s.n(), s.c(), s.h(), s.w()};
  }

  private final class Model implements Contender {

    private final OptLevel level;
    private final OrtSession session;
    private final Tensor output;
    private final Map<String, OnnxTensor> inputs;
    private final Map<String, OnnxTensor> outputs = new LinkedHashMap<>();

    Model(byte[] bytes, Port input, List<Port> ports, OptLevel level) throws OrtException {
      this.level = level;
      try (OrtSession.SessionOptions options = options()) {
        options.setOptimizationLevel(level);
        session = environment.createSession(bytes, options);
      }
      output = ports.get(0).memory();
      inputs = Map.of(input.name(), wrap(input));
      for (Port port : ports) {
        outputs.put(port.name(), wrap(port));
      }
    }

    private OnnxTensor wrap(Port port) throws OrtException {
      MemorySegment memory = port.memory().segment();
      if (memory.byteSize() > Integer.MAX_VALUE) {
        throw new UnsupportedOperationException("a tensor has more than 2 GB");
      }
      return OnnxTensor.createTensor(
          environment,
          memory.asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer(),
          port.dims());
    }

    @Override
    public void run() {
      try {
        session.run(inputs, outputs).close();
      } catch (OrtException e) {
        throw new IllegalStateException("ONNX Runtime: " + e.getMessage(), e);
      }
    }

    @Override
    public Tensor output() {
      return output;
    }

    /** The shortest time when the threads of the other one no longer look for work. */
    double alone() {
      return threads == 1 ? shortestNanos() : Math.min(afterPause(), afterPause());
    }

    private double afterPause() {
      Rounds.pause();
      return shortestNanos();
    }

    /** Of some runs: as many as take some milliseconds, at least a few. */
    double shortestNanos() {
      double shortest = Double.POSITIVE_INFINITY;
      long end = System.nanoTime() + TRIAL_NANOS;
      for (int i = 0; i < FEWEST_TRIALS || System.nanoTime() < end; i++) {
        long start = System.nanoTime();
        run();
        shortest = Math.min(shortest, System.nanoTime() - start);
      }
      return shortest;
    }

    @Override
    public String how() {
      return level.toString();
    }

    @Override
    public double warmUpSeconds() {
      return WARM_UP_SECONDS;
    }

    @Override
    public void close() {
      try {
        inputs.values().forEach(OnnxTensor::close);
        outputs.values().forEach(OnnxTensor::close);
        session.close();
      } catch (OrtException e) {
        throw new IllegalStateException("ONNX Runtime: " + e.getMessage(), e);
      }
    }
  }
}
