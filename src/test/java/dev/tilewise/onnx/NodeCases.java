package dev.tilewise.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tilewise.testdata.Vectors;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** The conformance cases of the ONNX project: a model each, its inputs and its outputs. */
final class NodeCases {

  private NodeCases() {}

  /** Unpacks all cases into a folder; the test is skipped if there is no test data. */
  static void unpack(Path folder) throws IOException {
    try (InputStream file = Files.newInputStream(Vectors.folder().resolve("onnx-node-tests.zip"));
        ZipInputStream zip = new ZipInputStream(file)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Path to = folder.resolve(entry.getName()).normalize();
        if (!to.startsWith(folder)) {
          throw new IOException(entry.getName());
        }
        if (!entry.isDirectory()) {
          Files.createDirectories(to.getParent());
          Files.write(to, zip.readAllBytes());
        }
      }
    }
  }

  /** Names of the cases of each operator. */
  static Map<String, List<String>> names() throws IOException {
    JsonNode json =
        new ObjectMapper().readTree(Vectors.folder().resolve("onnx-node-tests.json").toFile());
    Map<String, List<String>> names = new TreeMap<>();
    for (Map.Entry<String, JsonNode> operator : json.properties()) {
      List<String> cases = new ArrayList<>();
      operator.getValue().forEach(name -> cases.add(name.asText()));
      names.put(operator.getKey(), cases);
    }
    return names;
  }

  /** The tensors input_0.pb, input_1.pb, ... of a case, or its outputs. */
  static List<OnnxTensor> tensors(Path folder, String kind) throws IOException {
    List<OnnxTensor> tensors = new ArrayList<>();
    for (int i = 0; ; i++) {
      Path file = folder.resolve("test_data_set_0").resolve(kind + "_" + i + ".pb");
      if (!Files.exists(file)) {
        return tensors;
      }
      TensorProto proto = TensorProto.parseFrom(Files.readAllBytes(file));
      tensors.add(new TensorReader(new ExternalData(file), null).read(proto));
    }
  }

  /** The elements, as floats. */
  static float[] floats(OnnxTensor tensor) {
    float[] values = new float[(int) tensor.dims().elements()];
    for (int i = 0; i < values.length; i++) {
      values[i] =
          tensor.integers() == null
              ? at(tensor.floats().apply(Arena.global()), i)
              : tensor.integers()[i];
    }
    return values;
  }

  private static float at(MemorySegment memory, int i) {
    return memory.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, i);
  }
}
