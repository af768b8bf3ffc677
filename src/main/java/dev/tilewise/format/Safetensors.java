package dev.tilewise.format;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The file format in which most published weights are kept:
 *
 * <pre>
 * N                     8 bytes, little-endian
 * header                N bytes of JSON, UTF-8, perhaps spaces at its end:
 *   {"__metadata__": {"format": "pt"},
 *    "conv1.weight": {"dtype": "F32", "shape": [64, 3, 7, 7], "data_offsets": [0, 37632]}, ...}
 * data                  the tensors one after the other: no gap, no overlap, nothing behind the last
 * </pre>
 *
 * <p>Opening reads the header alone and maps the data, so it takes as long for gigabytes as for a
 * few values. The header is checked in full before anything is mapped: its length against the file,
 * its text (UTF-8, JSON, no key twice, no key unknown), and each tensor's bytes against its type,
 * its shape, the file and the other tensors.
 *
 * <p>The file must not be shortened as long as the arena lives; reading what is no longer there is
 * an {@link InternalError}.
 */
public final class Safetensors {

  /** The longest header that is read or written, bytes; the format's own limit. */
  public static final int MAX_HEADER_BYTES = 100_000_000;

  private static final String METADATA = "__metadata__";

  /** Written files have their data start at a multiple of a cache line. */
  private static final int ALIGNMENT = 64;

  private static final int CHUNK_BYTES = 1 << 20;

  private final Path file;
  private final Map<String, String> metadata;
  private final Map<String, StoredTensor> tensors;

  private Safetensors(Path file, Map<String, String> metadata, Map<String, StoredTensor> tensors) {
    this.file = file;
    this.metadata = metadata;
    this.tensors = tensors;
  }

  /**
   * Opens a file: reads its header and maps its data.
   *
   * @param file a safetensors file in the default file system
   * @param arena how long the tensors' memory stays mapped, and who may use it
   * @return the tensors
   * @throws FormatException if the file is missing, cannot be read, or is not as the format demands
   * @throws IllegalStateException if the arena is closed
   */
  public static Safetensors open(Path file, Arena arena) throws FormatException {
    WholeFile.size(file);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      int headerBytes = headerBytes(file, channel, size);
      String text = headerText(file, channel, headerBytes);
      Header header = Header.parse(new HeaderText(file, "", text));
      long dataStart = Long.BYTES + headerBytes;
      List<Claim> claims = header.inOrder(file, size - dataStart);
      MemorySegment data =
          channel.map(FileChannel.MapMode.READ_ONLY, dataStart, size - dataStart, arena);
      Map<String, StoredTensor> tensors = new LinkedHashMap<>();
      for (Claim claim : claims) {
        MemorySegment slice = data.asSlice(claim.begin, claim.end - claim.begin);
        tensors.put(claim.name, new StoredTensor(claim.name, claim.dtype, claim.shape, slice));
      }
      return new Safetensors(file, Collections.unmodifiableMap(header.metadata), tensors);
    } catch (IOException e) {
      throw WholeFile.unreadable(file, e);
    }
  }

  /** The declared length of the header, which is in the file and within the limit. */
  private static int headerBytes(Path file, FileChannel channel, long size) throws IOException {
    if (size < Long.BYTES) {
      throw new FormatException(
          file, "truncated: %d bytes, but the header's length alone takes 8".formatted(size));
    }
    long declared =
        readFully(file, channel, 0, Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (declared < 0 || declared > MAX_HEADER_BYTES) {
      throw new FormatException(
          file,
          "not a safetensors file: a header of %s bytes is declared, the limit is %d"
              .formatted(Long.toUnsignedString(declared), MAX_HEADER_BYTES));
    }
    if (declared > size - Long.BYTES) {
      throw new FormatException(
          file,
          "truncated: a header of %d bytes is declared, but only %d follow"
              .formatted(declared, size - Long.BYTES));
    }
    return (int) declared;
  }

  private static String headerText(Path file, FileChannel channel, int count) throws IOException {
    ByteBuffer bytes = readFully(file, channel, Long.BYTES, count);
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
      if (text.isEmpty() || text.charAt(0) != '{') {
        throw new FormatException(file, "not a safetensors file: the header does not begin with {");
      }
      return text;
    } catch (CharacterCodingException e) {
      throw new FormatException(
          file, "not a safetensors file: the header is not UTF-8 at byte " + bytes.position(), e);
    }
  }

  private static ByteBuffer readFully(Path file, FileChannel channel, long at, int count)
      throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, at + bytes.position()) < 0) {
        throw new FormatException(file, "truncated while it was read");
      }
    }
    return bytes.flip();
  }

  /**
   * What the header says of one tensor.
   *
   * @param name its name
   * @param dtype its element type
   * @param shape its extents
   * @param begin its first byte, from the start of the data
   * @param end the byte after its last
   */
  private record Claim(String name, Dtype dtype, long[] shape, long begin, long end) {}

  /** The header's text, taken apart; says nothing yet of the data. */
  private static final class Header {
    final Map<String, String> metadata = new LinkedHashMap<>();
    final List<Claim> claims = new ArrayList<>();

    static Header parse(HeaderText text) throws FormatException {
      Header header = new Header();
      Set<String> keys = new HashSet<>();
      text.expect('{');
      if (!text.accept('}')) {
        do {
          String key = text.jsonString();
          text.expect(':');
          if (!keys.add(key)) {
            throw text.bad("the header has " + HeaderText.quoted(key) + " twice");
          }
          if (key.equals(METADATA)) {
            header.parseMetadata(text);
          } else {
            header.claims.add(claim(text, key));
          }
        } while (text.accept(','));
        text.expect('}');
      }
      text.expectEnd();
      return header;
    }

    private void parseMetadata(HeaderText text) throws FormatException {
      text.expect('{');
      if (text.accept('}')) {
        return;
      }
      do {
        String key = text.jsonString();
        text.expect(':');
        if (metadata.put(key, text.jsonString()) != null) {
          throw text.bad("the metadata have " + HeaderText.quoted(key) + " twice");
        }
      } while (text.accept(','));
      text.expect('}');
    }

    private static Claim claim(HeaderText text, String name) throws FormatException {
      String tensor = "tensor " + HeaderText.quoted(name);
      Dtype dtype = null;
      long[] shape = null;
      long[] offsets = null;
      text.expect('{');
      do {
        String key = text.jsonString();
        text.expect(':');
        boolean twice =
            switch (key) {
              case "dtype" -> dtype != null;
              case "shape" -> shape != null;
              case "data_offsets" -> offsets != null;
              default -> throw text.bad(tensor + " has the unknown key " + HeaderText.quoted(key));
            };
        if (twice) {
          throw text.bad(tensor + " has " + HeaderText.quoted(key) + " twice");
        }
        switch (key) {
          case "dtype" -> dtype = dtype(text, tensor, text.jsonString());
          case "shape" -> shape = counts(text);
          default -> offsets = counts(text);
        }
      } while (text.accept(','));
      text.expect('}');
      if (dtype == null || shape == null || offsets == null) {
        String missing = dtype == null ? "dtype" : shape == null ? "shape" : "data_offsets";
        throw text.bad(tensor + " has no " + missing);
      }
      if (offsets.length != 2) {
        throw text.bad("%s has %d data_offsets instead of 2".formatted(tensor, offsets.length));
      }
      return new Claim(name, dtype, shape, offsets[0], offsets[1]);
    }

    private static Dtype dtype(HeaderText text, String tensor, String name) throws FormatException {
      for (Dtype dtype : Dtype.values()) {
        if (dtype.name().equals(name)) {
          return dtype;
        }
      }
      throw text.bad(
          "%s has the dtype %s; those read are %s"
              .formatted(tensor, HeaderText.quoted(name), Arrays.toString(Dtype.values())));
    }

    private static long[] counts(HeaderText text) throws FormatException {
      long[] counts = new long[4];
      int length = 0;
      text.expect('[');
      if (!text.accept(']')) {
        do {
          if (length == counts.length) {
            counts = Arrays.copyOf(counts, 2 * length);
          }
          counts[length++] = text.count();
        } while (text.accept(','));
        text.expect(']');
      }
      return Arrays.copyOf(counts, length);
    }

    /** The claims in the order of their data, which they cover without overlap or hole. */
    List<Claim> inOrder(Path file, long dataBytes) throws FormatException {
      claims.sort(Comparator.comparingLong(Claim::begin).thenComparingLong(Claim::end));
      long covered = 0;
      for (Claim claim : claims) {
        String problem = problem(claim, covered, dataBytes);
        if (problem != null) {
          throw new FormatException(
              file, "tensor %s %s".formatted(HeaderText.quoted(claim.name), problem));
        }
        covered = claim.end;
      }
      if (covered != dataBytes) {
        throw new FormatException(
            file,
            "the tensors end at byte %d of the data, but there are %d"
                .formatted(covered, dataBytes));
      }
      return claims;
    }

    private static String problem(Claim claim, long covered, long dataBytes) {
      String range = "[%d, %d)".formatted(claim.begin, claim.end);
      if (claim.begin > claim.end) {
        return "has the bytes %s, which end before they begin".formatted(range);
      }
      if (claim.end > dataBytes) {
        return "has the bytes %s, but there are %d bytes of data".formatted(range, dataBytes);
      }
      String shape = HeaderText.described(claim.shape);
      long bytes = StoredTensor.bytes(claim.dtype, claim.shape);
      if (bytes < 0) {
        return "has the shape %s, which is 2^63 bytes or more".formatted(shape);
      }
      if (bytes != claim.end - claim.begin) {
        return "has %d bytes, but its shape %s in %s needs %d"
            .formatted(claim.end - claim.begin, shape, claim.dtype, bytes);
      }
      if (claim.begin < covered) {
        return "has the bytes %s, which overlap those before byte %d of another"
            .formatted(range, covered);
      }
      if (claim.begin > covered) {
        return "has the bytes %s, but those from byte %d on belong to no tensor"
            .formatted(range, covered);
      }
      return null;
    }
  }

  /**
   * The file, for messages.
   *
   * @return the path it was opened by
   */
  public Path file() {
    return file;
  }

  /**
   * The names of all tensors.
   *
   * @return names in the order of the data
   */
  public List<String> names() {
    return List.copyOf(tensors.keySet());
  }

  /**
   * All tensors.
   *
   * @return views of the mapped file, in the order of the data
   */
  public List<StoredTensor> tensors() {
    return List.copyOf(tensors.values());
  }

  /**
   * The free texts of the header.
   *
   * @return keys and values in the order of the file, not to be changed; empty if it has none
   */
  public Map<String, String> metadata() {
    return metadata;
  }

  /**
   * Whether there is such a tensor.
   *
   * @param name a name
   * @return true if {@link #tensor} will find it
   */
  public boolean contains(String name) {
    return tensors.containsKey(name);
  }

  /**
   * One tensor.
   *
   * @param name its name
   * @return a view of the mapped file
   * @throws FormatException if the file has no tensor of this name
   */
  public StoredTensor tensor(String name) throws FormatException {
    StoredTensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new FormatException(
          file, "has no tensor %s among its %d".formatted(HeaderText.quoted(name), tensors.size()));
    }
    return tensor;
  }

  /**
   * Writes a file, beside first and then renamed, so that no reader sees half of it and a failure
   * leaves what was there. The same arguments give the same bytes: metadata are sorted by key.
   *
   * <p>The data start at a multiple of 64 bytes. The format allows no gaps, so each tensor begins
   * where the one before ends: with elements of several sizes, give the larger ones first to keep
   * all aligned.
   *
   * @param file where to; replaced if it exists
   * @param metadata free texts, none if empty
   * @param tensors what to write, in this order
   * @throws FormatException if the file cannot be written
   * @throws IllegalArgumentException if a name occurs twice or is {@code __metadata__}, a text has
   *     half a surrogate pair, or the header would exceed {@link #MAX_HEADER_BYTES}
   */
  public static void write(Path file, Map<String, String> metadata, List<StoredTensor> tensors)
      throws FormatException {
    byte[] header = header(metadata, tensors);
    WholeFile.replace(
        file,
        out -> {
          ByteBuffer start = ByteBuffer.allocate(Long.BYTES + header.length);
          start.order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).put(header).flip();
          WholeFile.writeFully(out, start);
          // Arrays of floats are no byte buffers, and buffers hold less than 2 GB: in pieces.
          ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
          for (StoredTensor tensor : tensors) {
            long bytes = tensor.data().byteSize();
            for (long at = 0; at < bytes; at += CHUNK_BYTES) {
              int count = (int) Math.min(CHUNK_BYTES, bytes - at);
              chunk.clear().limit(count);
              MemorySegment.copy(tensor.data(), at, MemorySegment.ofBuffer(chunk), 0, count);
              WholeFile.writeFully(out, chunk);
            }
          }
        });
  }

  private static byte[] header(Map<String, String> metadata, List<StoredTensor> tensors) {
    StringBuilder json = new StringBuilder("{");
    if (!metadata.isEmpty()) {
      appendString(json, METADATA).append(":{");
      new TreeMap<>(metadata)
          .forEach(
              (key, value) -> appendString(appendString(json, key).append(':'), value).append(','));
      json.setCharAt(json.length() - 1, '}');
      json.append(',');
    }
    Set<String> names = new HashSet<>(Set.of(METADATA));
    long begin = 0;
    for (StoredTensor tensor : tensors) {
      if (!names.add(tensor.name())) {
        throw new IllegalArgumentException(
            "safetensors: a tensor cannot be named %s, which is taken"
                .formatted(HeaderText.quoted(tensor.name())));
      }
      long end = Math.addExact(begin, tensor.data().byteSize());
      // Not by formatted(): some locales have other digits.
      appendString(json, tensor.name()).append(":{\"dtype\":\"").append(tensor.dtype());
      json.append("\",\"shape\":").append(Arrays.toString(tensor.shape()).replace(" ", ""));
      json.append(",\"data_offsets\":[").append(begin).append(',').append(end).append("]},");
      begin = end;
    }
    if (json.length() > 1) {
      json.setLength(json.length() - 1);
    }
    byte[] bytes = json.append('}').toString().getBytes(StandardCharsets.UTF_8);
    if (bytes.length > MAX_HEADER_BYTES - ALIGNMENT) {
      throw new IllegalArgumentException(
          "safetensors: a header of %d bytes, to be padded, exceeds the limit of %d"
              .formatted(bytes.length, MAX_HEADER_BYTES));
    }
    int padded = Math.ceilDiv(Long.BYTES + bytes.length, ALIGNMENT) * ALIGNMENT - Long.BYTES;
    byte[] header = Arrays.copyOf(bytes, padded);
    Arrays.fill(header, bytes.length, padded, (byte) ' ');
    return header;
  }

  private static StringBuilder appendString(StringBuilder json, String text) {
    if (!HeaderText.isWellFormed(text)) {
      throw new IllegalArgumentException(
          "safetensors: %s has half a surrogate pair".formatted(HeaderText.quoted(text)));
    }
    json.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < ' ') {
        json.append("\\u%04x".formatted((int) c));
      } else {
        json.append(c);
      }
    }
    return json.append('"');
  }
}
