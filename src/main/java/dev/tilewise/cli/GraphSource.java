package dev.tilewise.cli;

import dev.tilewise.format.Safetensors;
import dev.tilewise.graph.CompileOptions;
import dev.tilewise.graph.CompiledGraph;
import dev.tilewise.graph.Dims;
import dev.tilewise.graph.Graph;
import dev.tilewise.graph.Value;
import dev.tilewise.onnx.OnnxException;
import dev.tilewise.onnx.OnnxModel;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** A file that holds a graph: of ONNX, or one that {@link Graph#save} wrote. */
interface GraphSource {

  /** Names of its inputs. */
  List<String> inputs();

  /** Names of its outputs. */
  List<String> outputs();

  /** What wrote it; empty if it does not say. */
  String producer();

  /** The graph for the extents that the file says. */
  CompiledGraph compile(CompileOptions options) throws IOException;

  /**
   * The graph for an input of given extents.
   *
   * @param whose extents they are, which is the first to be blamed
   * @param input its one input's extents
   */
  CompiledGraph compile(Path whose, Dims input, CompileOptions options) throws IOException;

  /** Whether a file's name is one of ONNX. */
  static boolean isOnnx(Path file) {
    return file.toString().toLowerCase(Locale.ROOT).endsWith(".onnx");
  }

  /** Whether a file is a graph's, and not that of a chain of layers. */
  static boolean isSaved(Path file) throws IOException {
    if (!file.toString().endsWith(".safetensors")) {
      return false;
    }
    try (Arena arena = Arena.ofShared()) {
      return Safetensors.open(file, arena).metadata().containsKey(Graph.METADATA);
    }
  }

  static GraphSource open(Path file) throws IOException {
    return file.toString().endsWith(".safetensors") ? saved(file) : onnx(OnnxModel.load(file));
  }

  private static GraphSource onnx(OnnxModel model) {
    return new GraphSource() {
      @Override
      public List<String> inputs() {
        return model.inputs();
      }

      @Override
      public List<String> outputs() {
        return model.outputs();
      }

      @Override
      public String producer() {
        return model.producer();
      }

      @Override
      public CompiledGraph compile(CompileOptions options) throws IOException {
        return model.graph().compile(options);
      }

      @Override
      public CompiledGraph compile(Path whose, Dims input, CompileOptions options)
          throws IOException {
        String name = inputs().getFirst();
        try {
          return model.graph(Map.of(name, input)).compile(options);
        } catch (OnnxException e) {
          String given = whose + ": the input " + name + " is of shape " + input;
          throw new IOException(given + "; " + e.getMessage(), e);
        }
      }
    };
  }

  private static GraphSource saved(Path file) throws IOException {
    Graph graph = Graph.load(file, Arena.ofAuto());
    return new GraphSource() {
      @Override
      public List<String> inputs() {
        return graph.inputs().stream().map(Value::name).toList();
      }

      @Override
      public List<String> outputs() {
        return graph.outputs().stream().map(Value::name).toList();
      }

      @Override
      public String producer() {
        return "";
      }

      @Override
      public CompiledGraph compile(CompileOptions options) {
        return graph.compile(options);
      }

      @Override
      public CompiledGraph compile(Path whose, Dims input, CompileOptions options) {
        Value own = graph.inputs().getFirst();
        if (!own.dims().equals(input)) {
          throw new IllegalArgumentException(
              whose + ": is of shape " + input + ", but " + file + " takes " + own);
        }
        return graph.compile(options);
      }
    };
  }
}
