package dev.tilewise.cli;

import dev.tilewise.format.FormatException;
import dev.tilewise.format.Safetensors;
import dev.tilewise.graph.Graph;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;

/** What a model file holds: its content says so, or where that is damaged its name. */
enum ModelKind {
  /** A chain of layers, which {@code train --save} wrote. */
  NETWORK,
  /** A graph that {@link Graph#save} wrote. */
  GRAPH,
  /** Something of ONNX. */
  ONNX;

  /** Of protobuf: field 1, a number of variable length. */
  private static final byte ONNX_VERSION_FIELD = 8;

  private static final byte[] MAGIC = "TILEWISE".getBytes(StandardCharsets.US_ASCII);

  static ModelKind of(Path file) {
    byte[] start = start(file);
    if (start.length > Long.BYTES && start[Long.BYTES] == '{') {
      return isGraph(file) ? GRAPH : NETWORK;
    }
    String name = file.toString().toLowerCase(Locale.ROOT);
    boolean own = name.endsWith(".tw") || name.endsWith(".safetensors");
    boolean magic = Arrays.equals(start, 0, Math.min(start.length, MAGIC.length), MAGIC, 0, 8);
    return magic || own && !isOnnx(start) ? NETWORK : ONNX;
  }

  /** Files of ONNX begin with a field of number 1, and none of the others does. */
  private static boolean isOnnx(byte... start) {
    return start.length > 0 && start[0] == ONNX_VERSION_FIELD;
  }

  /** The bytes before a safetensors header, and its first. */
  private static byte[] start(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(Long.BYTES + 1);
    } catch (IOException whoReadsItSaysWhy) {
      return new byte[0];
    }
  }

  private static boolean isGraph(Path file) {
    try (Arena arena = Arena.ofShared()) {
      return Safetensors.open(file, arena).metadata().containsKey(Graph.METADATA);
    } catch (FormatException isNone) {
      return false;
    }
  }
}
