package dev.tilewise.testdata;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.tilewise.internal.random.SplitMix64;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Damages files at random and has them read: a reader must succeed or throw an {@link IOException}
 * with one line that starts with the file, allocate no more than a bound, and end soon.
 */
public final class Damage {

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Far beyond what any reading takes, so that a busy machine fails no test. */
  private static final long LIMIT_NANOS = 5_000_000_000L;

  private static final int LONGEST_INSERTION = 40;

  private final List<byte[]> seeds;
  private final SplitMix64 random;

  private Damage(List<byte[]> seeds, long seed) {
    this.seeds = seeds;
    this.random = new SplitMix64(seed);
  }

  /** What reads a file. */
  @FunctionalInterface
  public interface Reader {
    /** Reads, and checks what can be checked. */
    void read(Path file) throws IOException;
  }

  /**
   * Damages and reads.
   *
   * @param seeds undamaged files, which must be readable
   * @param attempts how many damaged files
   * @param file where to write them
   * @param allocation how much the reading of a file may allocate, by its size
   * @return how many could be read all the same
   */
  public static int survey(
      List<byte[]> seeds,
      int attempts,
      Path file,
      Reader reader,
      ToLongFunction<Integer> allocation)
      throws IOException {
    for (byte[] seed : seeds) {
      reader.read(Files.write(file, seed));
    }
    int readable = 0;
    for (int attempt = 0; attempt < attempts; attempt++) {
      byte[] bad = new Damage(seeds, attempt).file();
      Files.write(file, bad);
      String what = "attempt %d on %s, %d bytes".formatted(attempt, file.getFileName(), bad.length);
      long allocated = THREADS.getCurrentThreadAllocatedBytes();
      long start = System.nanoTime();
      try {
        reader.read(file);
        readable++;
      } catch (IOException e) {
        String message = String.valueOf(e.getMessage());
        assertTrue(message.startsWith(file + ": "), what + ": " + message);
        assertEquals(1, message.lines().count(), what + ": " + message);
      } catch (RuntimeException | Error e) {
        throw new AssertionError(what + ": " + e, e);
      }
      long nanos = System.nanoTime() - start;
      allocated = THREADS.getCurrentThreadAllocatedBytes() - allocated;
      assertTrue(nanos < LIMIT_NANOS, what + " took " + nanos + " ns");
      long bound = allocation.applyAsLong(bad.length);
      assertTrue(allocated <= bound, what + " took " + allocated + " bytes, not " + bound);
    }
    return readable;
  }

  private byte[] file() {
    byte[] bytes = seeds.get(random.below(seeds.size())).clone();
    int wounds = 1 + random.below(3);
    for (int i = 0; i < wounds && bytes.length > 0; i++) {
      bytes =
          switch (random.below(6)) {
            case 0 -> flipped(bytes);
            case 1 -> Arrays.copyOf(bytes, random.below(bytes.length));
            case 2 -> joined(bytes, place(bytes), noise(), place(bytes));
            case 3 -> spliced(bytes);
            case 4 -> withNumber(bytes);
            default -> withOtherByte(bytes);
          };
    }
    return bytes;
  }

  /** Anywhere, but half the time near the start, where headers are. */
  private int place(byte[] bytes) {
    int range = random.below(2) == 0 ? Math.min(bytes.length, 256) : bytes.length;
    return random.below(range);
  }

  private byte[] flipped(byte[] bytes) {
    bytes[place(bytes)] ^= (byte) (1 << random.below(Byte.SIZE));
    return bytes;
  }

  /** A printable byte more often than not, as most headers are text. */
  private byte[] withOtherByte(byte[] bytes) {
    bytes[place(bytes)] = (byte) (random.below(3) == 0 ? random.below(256) : 32 + random.below(95));
    return bytes;
  }

  private byte[] noise() {
    byte[] noise = new byte[1 + random.below(LONGEST_INSERTION)];
    for (int i = 0; i < noise.length; i++) {
      noise[i] = (byte) random.below(256);
    }
    return noise;
  }

  /** The bytes up to {@code end}, those in between, and the bytes from {@code begin} on. */
  private static byte[] joined(byte[] bytes, int end, byte[] between, int begin) {
    return ByteBuffer.allocate(end + between.length + bytes.length - begin)
        .put(bytes, 0, end)
        .put(between)
        .put(bytes, begin, bytes.length - begin)
        .array();
  }

  /** A piece of some file in place of a piece of this one. */
  private byte[] spliced(byte[] bytes) {
    byte[] other = seeds.get(random.below(seeds.size()));
    int from = random.below(other.length);
    byte[] piece = Arrays.copyOfRange(other, from, from + random.below(other.length - from) + 1);
    int end = place(bytes);
    int begin = end + random.below(bytes.length - end);
    return joined(bytes, end, piece, begin);
  }

  /** A number that is extreme, or near the size of the file, where a length may be. */
  private byte[] withNumber(byte[] bytes) {
    long[] values = {
      0, 1, -1, Integer.MAX_VALUE, Integer.MIN_VALUE, Long.MAX_VALUE, 1L << 32, bytes.length
    };
    long value = values[random.below(values.length)] + random.below(3) - 1;
    int size = 1 << random.below(4);
    if (bytes.length < size) {
      return bytes;
    }
    ByteBuffer buffer =
        ByteBuffer.wrap(bytes)
            .order(random.below(2) == 0 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
    int at = Math.min(place(bytes), bytes.length - size);
    switch (size) {
      case Long.BYTES -> buffer.putLong(at, value);
      case Integer.BYTES -> buffer.putInt(at, (int) value);
      case Short.BYTES -> buffer.putShort(at, (short) value);
      default -> buffer.put(at, (byte) value);
    }
    return bytes;
  }
}
