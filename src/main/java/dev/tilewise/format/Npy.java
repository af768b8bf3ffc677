package dev.tilewise.format;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Files of one array as NumPy's {@code save} writes and {@code load} reads them.
 *
 * <p>Read are versions 1.0, 2.0 and 3.0, row-major and column-major, with up to {@link
 * NpyArray#MAX_RANK} extents, of these element types:
 *
 * <pre>
 * &lt;f2 &lt;f4 &lt;f8 &gt;f2 &gt;f4 &gt;f8    halves and singles are exact; doubles are rounded to the nearest float,
 *                            to infinity beyond the largest
 * |u1 |i1 &lt;i2 &gt;i2            exact
 * &lt;i4 &lt;i8 &gt;i4 &gt;i8            rounded to the nearest float, exact up to 2^24
 * |b1                        0 or 1; any byte but 0 is 1
 * </pre>
 *
 * <p>Structures, strings, complex numbers, pickled objects and everything else are refused. Memory
 * is allocated only after the file has shown that it has the bytes: at most eight times its size,
 * of which half is for column-major arrays only.
 */
public final class Npy {

  /** Headers of written files end at a multiple of this, bytes, as NumPy's do. */
  private static final int ALIGNMENT = 64;

  private Npy() {}

  /**
   * Reads a file.
   *
   * @param file a {@code .npy} file
   * @return its array, converted to single precision and row-major
   * @throws FormatException if the file is missing, cannot be read, or is not as described above
   */
  public static NpyArray read(Path file) throws FormatException {
    long size = WholeFile.size(file);
    try (InputStream in = Files.newInputStream(file)) {
      return NpyHeader.read(in, size, file, "").values(in);
    } catch (EOFException e) {
      throw new FormatException(file, "truncated while it was read: " + e.getMessage(), e);
    } catch (IOException e) {
      throw WholeFile.unreadable(file, e);
    }
  }

  /**
   * Writes a file of version 1.0, {@code <f4}, row-major; beside first and then renamed, so that no
   * reader sees half of it and a failure leaves what was there.
   *
   * @param file where to; replaced if it exists
   * @param array what to write
   * @throws FormatException if the file cannot be written
   */
  public static void write(Path file, NpyArray array) throws FormatException {
    byte[] header = header(array.shape());
    WholeFile.replace(
        file,
        out -> {
          WholeFile.writeFully(out, ByteBuffer.wrap(header));
          float[] values = array.values();
          ByteBuffer chunk = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
          int room = chunk.capacity() / Float.BYTES;
          for (int done = 0; done < values.length; done += room) {
            int count = Math.min(room, values.length - done);
            chunk.clear().limit(count * Float.BYTES);
            chunk.asFloatBuffer().put(values, done, count);
            WholeFile.writeFully(out, chunk);
          }
        });
  }

  private static byte[] header(int[] shape) {
    String extents =
        Arrays.stream(shape).mapToObj(Integer::toString).collect(Collectors.joining(", "));
    String tuple = "(" + extents + (shape.length == 1 ? ",)" : ")");
    String text = "{'descr': '<f4', 'fortran_order': False, 'shape': " + tuple + ", }";
    int start = NpyHeader.MAGIC.length + 2 + Short.BYTES;
    // One byte for the line end.
    int total = Math.ceilDiv(start + text.length() + 1, ALIGNMENT) * ALIGNMENT;
    byte[] header = new byte[total];
    Arrays.fill(header, (byte) ' ');
    ByteBuffer bytes = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(NpyHeader.MAGIC).put((byte) 1).put((byte) 0).putShort((short) (total - start));
    bytes.put(text.getBytes(StandardCharsets.US_ASCII));
    header[total - 1] = '\n';
    return header;
  }
}
