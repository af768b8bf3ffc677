package dev.tilewise.jmh;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.tilewise.Layout;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import dev.tilewise.graph.CompileOptions;
import dev.tilewise.graph.CompiledGraph;
import dev.tilewise.graph.Dims;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.Value;
import dev.tilewise.onnx.OnnxModel;
import dev.tilewise.zoo.Layers;
import dev.tilewise.zoo.Zoo;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a model file costs a process that does nothing else: its resident memory at most, and the
 * time from the file to the first result, in a new process and once more in the same one when it is
 * warm. Each library has a process of its own.
 */
final class Footprint {

  private static final int RUNS = 20;
  private static final String TILEWISE = "Tilewise";
  private static final String ONNX_RUNTIME = "ONNX Runtime";
  private static final String DEFAULT_HEAP = "default";
  private static final String RESULT = "footprint ";

  /** What C2 may need to compile all kernels of a network. */
  private static final Duration COMPILATION = Duration.ofSeconds(30);

  /** Loads a file and computes one result; the network stays for more. */
  private interface Library {
    Loaded load(Path model, int threads) throws Exception;
  }

  /**
   * A network that has computed a result.
   *
   * @param run computes one more
   * @param warmUp brings the process to its speed
   */
  private record Loaded(Runnable run, Runnable warmUp) {}

  /**
   * Of one network by one library.
   *
   * @param net which
   * @param library which
   * @param heap the limit of the heap
   * @param threads of the library
   * @param baseMegabytes resident at most before the file was opened; ONNX Runtime's native library
   *     is loaded by then, Tilewise's classes are not
   * @param peakMegabytes resident at most after {@value #RUNS} runs
   * @param firstMillis from the file to the first result
   * @param againMillis the same once more, in the same process, now warm
   */
  record Result(
      Zoo net,
      String library,
      String heap,
      int threads,
      double baseMegabytes,
      double peakMegabytes,
      double firstMillis,
      double againMillis) {

    String row() {
      return String.format(
          Locale.ROOT,
          "%-13s %-13s %8s %3d %10.0f %10.0f %12.0f %12.0f",
          net,
          library,
          heap,
          threads,
          baseMegabytes,
          peakMegabytes,
          firstMillis,
          againMillis);
    }

    Map<String, Object> object() {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("net", net.toString());
      object.put("library", library);
      object.put("heap", heap);
      object.put("threads", threads);
      object.put("base_mb", baseMegabytes);
      object.put("peak_mb", peakMegabytes);
      object.put("first_ms", firstMillis);
      object.put("again_ms", againMillis);
      return object;
    }
  }

  private Footprint() {}

  static String header() {
    return String.format(
        Locale.ROOT,
        "%-13s %-13s %8s %3s %10s %10s %12s %12s",
        "net",
        "library",
        "heap",
        "thr",
        "base MB",
        "peak MB",
        "first, ms",
        "again, ms");
  }

  /** Writes a network as a model file and has each library load it, one after the other. */
  static List<Result> measure(Zoo net, int threads) throws IOException {
    Path model = Files.createTempFile("tilewise-" + net, ".onnx");
    try {
      Files.write(model, bytes(net));
      List<Result> results = new ArrayList<>();
      for (String heap : List.of(DEFAULT_HEAP, "256m")) {
        for (String library : List.of(TILEWISE, ONNX_RUNTIME)) {
          results.add(inProcess(net, library, heap, model, threads));
        }
      }
      return results;
    } finally {
      Files.delete(model);
    }
  }

  private static byte[] bytes(Zoo net) {
    OnnxLayers<Value> onnx = new OnnxLayers<>(Layers.of(new GraphBuilder()));
    net.describe(onnx, net.input(1), 1);
    return onnx.model();
  }

  private static Result inProcess(Zoo net, String library, String heap, Path model, int threads)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    if (!heap.equals(DEFAULT_HEAP)) {
      command.add("-Xmx" + heap);
      // Arenas take no more than this, which would be the heap's limit.
      command.add("-XX:MaxDirectMemorySize=8g");
    }
    String classes = System.getProperty("java.class.path");
    command.addAll(List.of("-cp", classes, Footprint.class.getName()));
    command.addAll(List.of(library, model.toString(), Integer.toString(threads)));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    // The allocator as a user has it, not as jmh/peers.sh sets it.
    builder.environment().keySet().removeIf(name -> name.startsWith("MALLOC_"));
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    double[] values =
        out.lines()
            .filter(line -> line.startsWith(RESULT))
            .map(line -> line.substring(RESULT.length()).split(" "))
            .map(words -> Arrays.stream(words).mapToDouble(Double::parseDouble).toArray())
            .findFirst()
            .orElseThrow(() -> new IOException(library + " did not finish " + net + ":\n" + out));
    return new Result(net, library, heap, threads, values[0], values[1], values[2], values[3]);
  }

  /** The measured process. */
  public static void main(String[] args) throws Exception {
    Path model = Path.of(args[1]);
    int threads = Integer.parseInt(args[2]);
    try (Arena arena = Arena.ofShared();
        Workers workers = Workers.of(threads)) {
      Library library = args[0].equals(TILEWISE) ? tilewise(arena, workers) : onnxRuntime(threads);
      double base = peakMegabytes();
      long start = System.nanoTime();
      Loaded network = library.load(model, threads);
      double first = (System.nanoTime() - start) / 1e6;
      for (int i = 0; i < RUNS; i++) {
        network.run().run();
      }
      double peak = peakMegabytes();
      network.warmUp().run();
      start = System.nanoTime();
      library.load(model, threads);
      double again = (System.nanoTime() - start) / 1e6;
      System.out.printf(Locale.ROOT, "%s%f %f %f %f%n", RESULT, base, peak, first, again);
    }
  }

  private static Library tilewise(Arena arena, Workers workers) {
    return (model, threads) -> {
      CompiledGraph compiled =
          OnnxModel.load(model).graph().compile(CompileOptions.fastest().threads(threads));
      Value input = compiled.inputs().get(0);
      Value output = compiled.outputs().get(0);
      List<Tensor> in =
          List.of(
              Tensor.allocate(arena, input.dims().shape(), Layout.NCHW)
                  .copyFrom(image(input.dims()), Layout.NCHW));
      List<Tensor> out = List.of(Tensor.allocate(arena, output.dims().shape(), Layout.NCHW));
      Runnable network = () -> compiled.run(in, out, workers);
      network.run();
      return new Loaded(network, () -> compiled.warmUp(workers, COMPILATION));
    };
  }

  private static Library onnxRuntime(int threads) {
    OnnxRuntime runtime = new OnnxRuntime(threads);
    return (model, ignored) -> {
      OrtSession session = runtime.session(model);
      NodeInfo port = session.getInputInfo().get(Zoo.INPUT);
      long[] extents = ((TensorInfo) port.getInfo()).getShape();
      Dims dims = Dims.of(Arrays.stream(extents).mapToInt(Math::toIntExact).toArray());
      Map<String, OnnxTensor> in = Map.of(port.getName(), runtime.tensor(image(dims), extents));
      Runnable network =
          () -> {
            try {
              session.run(in).close();
            } catch (OrtException e) {
              throw new IllegalStateException("ONNX Runtime: " + e.getMessage(), e);
            }
          };
      network.run();
      return new Loaded(network, () -> {});
    };
  }

  private static float[] image(Dims dims) {
    float[] values = new float[Math.toIntExact(dims.elements())];
    Arrays.fill(values, 0.5f);
    return values;
  }

  private static double peakMegabytes() throws IOException {
    try (var lines = Files.lines(Path.of("/proc/self/status"))) {
      return lines
              .filter(line -> line.startsWith("VmHWM:"))
              .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")))
              .findFirst()
              .orElseThrow()
          / 1024;
    }
  }
}
