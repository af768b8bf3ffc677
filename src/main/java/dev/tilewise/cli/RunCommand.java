package dev.tilewise.cli;

import dev.tilewise.Workers;
import dev.tilewise.format.FormatException;
import dev.tilewise.format.Npy;
import dev.tilewise.format.NpyArray;
import dev.tilewise.graph.CompileOptions;
import dev.tilewise.graph.CompiledGraph;
import dev.tilewise.graph.Dims;
import dev.tilewise.graph.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Computes what a model makes of an array. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = {
      "Computes what an ONNX model, a graph that was saved or a network of train --save makes of an"
          + " array of NumPy's format.",
      "The array has as many axes as the model's input, such as 1x3x224x224. The batch and the"
          + " picture may be larger or smaller than an ONNX model says, if its layers allow it; a"
          + " network takes any batch, a graph what it was saved with."
    })
final class RunCommand implements Callable<Integer> {

  @Mixin private JsonLines json;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "FILE",
      description = "An ONNX file, a graph or a network.")
  private Path model;

  @Option(
      names = "--input",
      required = true,
      paramLabel = "FILE",
      description = "A .npy file: the model's one input.")
  private Path input;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE",
      description =
          "The .npy file that receives the output; a device or a pipe is written as it is.")
  private Path output;

  @Option(
      names = "--output-name",
      paramLabel = "NAME",
      description = "Which output, or any value inside of the model; default the first output.")
  private String outputName;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that compute; default ${DEFAULT-VALUE}.")
  private int threads = 1;

  @Override
  public Integer call() throws IOException {
    Require.threads(threads);
    requireOtherFiles();
    Outputs.requireReplaceable(output);
    GraphSource source = GraphSource.open(model);
    if (source.inputs().size() != 1) {
      throw new IllegalArgumentException(
          model + ": run takes models of one input; this one has " + source.inputs());
    }
    NpyArray array = Npy.read(input);
    CompileOptions options = CompileOptions.fastest().threads(threads);
    List<String> outputs = source.outputs();
    int index = outputs.indexOf(outputName == null ? outputs.getFirst() : outputName);
    if (index < 0) {
      options = options.keep(List.of(outputName));
      index = outputs.size();
    }
    CompiledGraph graph = source.compile(input, Dims.of(array.shape()), options);
    float[] made;
    double millis;
    try (Workers workers = Workers.of(threads);
        JsonLines lines = json.open()) {
      long start = System.nanoTime();
      made = graph.run(List.of(array.values()), workers).get(index);
      millis = (System.nanoTime() - start) / 1e6;
      Value value = graph.outputs().get(index);
      write(value, made);
      String done =
          String.format(Locale.ROOT, "%s -> %s: %s in %.1f ms", input, output, value, millis);
      if (Outputs.isStandardOutput(output)) {
        lines.note(done);
      } else {
        lines.text(done);
      }
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("input", input.toString());
      object.put("output", output.toString());
      object.put("name", value.name());
      object.put("shape", value.dims().toArray());
      object.put("ms", millis);
      lines.object(object);
    }
    return 0;
  }

  private void requireOtherFiles() throws IOException {
    json.requireOther("--output", output);
    json.requireOther("--model", model);
    json.requireOther("--input", input);
    Outputs.requireOther("--output", output, "--model", model);
    Outputs.requireOther("--output", output, "--input", input);
  }

  private void write(Value value, float[] made) throws FormatException {
    Npy.write(output, new NpyArray(value.dims().toArray(), made));
  }
}
