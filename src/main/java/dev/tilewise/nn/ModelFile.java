package dev.tilewise.nn;

import dev.tilewise.Shape;
import dev.tilewise.internal.file.Reason;
import dev.tilewise.internal.file.Target;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;

/**
 * The file of a trained network. All numbers are little-endian, integers have 4 bytes:
 *
 * <pre>
 * "TILEWISE"                       8 bytes
 * version                          1
 * W, H, D                          of the input
 * number of class names, then for each: its length in bytes, UTF-8 bytes
 * number of layers, then for each: ordinal of its {@link LayerSpec.Kind}, its numbers
 * parameters                       floats, in the order of {@link Network#parameters} and of their extents
 * CRC-32                           of all bytes before
 * </pre>
 */
final class ModelFile {

  private static final byte[] MAGIC = "TILEWISE".getBytes(StandardCharsets.US_ASCII);
  private static final int VERSION = 1;

  private ModelFile() {}

  /** Whether a file begins as these do. */
  static boolean isOne(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return Arrays.equals(in.readNBytes(MAGIC.length), MAGIC);
    } catch (IOException whoReadsItSaysWhy) {
      return false;
    }
  }

  static void write(Network network, Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IOException(file + ": is a directory, not a file to save a model in");
    }
    Path folder = file.toAbsolutePath().getParent();
    if (!Files.isDirectory(folder)) {
      throw new IOException(file + ": there is no directory " + folder);
    }
    ByteBuffer out = buffer(size(network, file));
    out.put(MAGIC).putInt(VERSION);
    Shape in = network.inputShape();
    out.putInt(in.w()).putInt(in.h()).putInt(in.c());
    out.putInt(network.classNames().size());
    for (String name : network.classNames()) {
      byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
      out.putInt(bytes.length).put(bytes);
    }
    out.putInt(network.layers().size());
    for (Layer layer : network.layers()) {
      out.putInt(layer.spec().kind().ordinal());
      layer.spec().numbers().forEach(out::putInt);
    }
    for (Parameter parameter : network.parameters()) {
      for (float value : parameter.values()) {
        out.putFloat(value);
      }
    }
    out.putInt(checksum(out, out.position()));
    out.flip();
    try {
      Target.of(file)
          .write(
              channel -> {
                while (out.hasRemaining()) {
                  channel.write(out);
                }
              });
    } catch (IOException e) {
      throw new IOException(file + ": cannot be written: " + Reason.of(e), e);
    }
  }

  private static int size(Network network, Path file) throws IOException {
    long ints = 7;
    long bytes = MAGIC.length;
    for (String name : network.classNames()) {
      ints++;
      bytes += name.getBytes(StandardCharsets.UTF_8).length;
    }
    for (Layer layer : network.layers()) {
      ints += 1 + layer.spec().numbers().size();
    }
    bytes += Integer.BYTES * ints + Float.BYTES * network.parameterCount();
    if (bytes > Integer.MAX_VALUE - 8) {
      throw new IOException(
          file + ": a model file holds less than 2 GB, but this network needs " + bytes + " bytes");
    }
    return (int) bytes;
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static int checksum(ByteBuffer bytes, int count) {
    CRC32 crc = new CRC32();
    crc.update(bytes.array(), 0, count);
    return (int) crc.getValue();
  }

  static Network read(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new IOException(file + ": is a directory, not a model file");
    }
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString(), null, "no such file");
    }
    long size = Files.size(file);
    if (size < MAGIC.length + 2 * Integer.BYTES || size > Integer.MAX_VALUE - 8) {
      throw new IOException(file + ": not a model file: it has " + size + " bytes");
    }
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (byte expected : MAGIC) {
      if (in.get() != expected) {
        throw new IOException(file + ": not a model file: it does not begin with TILEWISE");
      }
    }
    int version = in.getInt();
    if (version != VERSION) {
      throw new IOException(
          file + ": model file version " + version + ", this release reads " + VERSION);
    }
    int end = bytes.length - Integer.BYTES;
    if (in.getInt(end) != checksum(in, end)) {
      throw new IOException(file + ": the model file is truncated or damaged");
    }
    return parse(file, in.limit(end));
  }

  /**
   * The checksum was right, so what is wrong here was written wrong; nothing is believed all the
   * same.
   */
  private static Network parse(Path file, ByteBuffer in) throws IOException {
    try {
      Shape input = Shape.image(in.getInt(), in.getInt(), in.getInt());
      NetworkBuilder builder = new NetworkBuilder(input).classNames(names(in));
      int layers = count(in);
      for (int i = 0; i < layers; i++) {
        builder.add(spec(in));
      }
      if (builder.parameterCount() != in.remaining() / (double) Float.BYTES) {
        throw new IllegalArgumentException(
            builder.parameterCount() + " parameters do not fill " + in.remaining() + " bytes");
      }
      Network network = builder.allocate();
      for (Parameter parameter : network.parameters()) {
        parameter.fill(in::getFloat);
      }
      return network;
    } catch (RuntimeException e) {
      String why = e.getMessage() == null ? "it ends too early" : e.getMessage();
      throw new IOException(file + ": the model file makes no sense: " + why, e);
    }
  }

  private static List<String> names(ByteBuffer in) {
    int count = count(in);
    List<String> names = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      byte[] bytes = new byte[count(in)];
      in.get(bytes);
      names.add(new String(bytes, StandardCharsets.UTF_8));
    }
    return names;
  }

  private static LayerSpec spec(ByteBuffer in) {
    int ordinal = in.getInt();
    LayerSpec.Kind[] kinds = LayerSpec.Kind.values();
    if (ordinal < 0 || ordinal >= kinds.length) {
      throw new IllegalArgumentException("there is no layer of kind " + ordinal);
    }
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < kinds[ordinal].count(); i++) {
      numbers.add(in.getInt());
    }
    return new LayerSpec(kinds[ordinal], numbers);
  }

  /** A number of things that take at least a byte each. */
  private static int count(ByteBuffer in) {
    int count = in.getInt();
    if (count < 0 || count > in.remaining()) {
      throw new IllegalArgumentException(count + " entries in " + in.remaining() + " bytes");
    }
    return count;
  }
}
