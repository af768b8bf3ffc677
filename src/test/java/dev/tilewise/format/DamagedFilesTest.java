package dev.tilewise.format;

import static dev.tilewise.format.FormatFiles.floats;
import static dev.tilewise.format.FormatFiles.npy;
import static dev.tilewise.format.FormatFiles.npyHeader;
import static dev.tilewise.format.FormatFiles.safetensors;
import static dev.tilewise.format.FormatFiles.zip;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.testdata.Damage;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** 16,000 damaged files; pictures are in {@code DamagedPicturesTest}. */
class DamagedFilesTest {
  /** Streams, buffers, regular expressions, stack traces, and what the JDK loads at first. */
  private static final int ALWAYS = 1 << 20;

  @TempDir Path folder;

  /**
   * Strict formats: at least one of a hundred can be read all the same, and at least half cannot.
   */
  private static void assertMixed(int readable, int attempts) {
    assertTrue(readable > attempts / 100 && readable < attempts / 2, readable + " of " + attempts);
  }

  @Test
  void safetensorsAreReadOrRefused() throws IOException {
    Path written = folder.resolve("written");
    Safetensors.write(
        written,
        Map.of("format", "pt"),
        List.of(
            StoredTensor.of("conv1.weight", new float[] {1, 2, 3, 4, 5, 6}, 1, 2, 3),
            StoredTensor.of("conv1.bias", new float[] {7}, 1),
            StoredTensor.of("empty", new float[0], 3, 0)));
    List<byte[]> seeds =
        List.of(
            Files.readAllBytes(written),
            safetensors("{}"),
            safetensors(
                "{\"a\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]},"
                    + "\"\\u00e9\\n\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":[4,6]},"
                    + "\"b\":{\"dtype\":\"I64\",\"shape\":[1,1],\"data_offsets\":[6,14]}}",
                new byte[14]));
    int attempts = 6_000;
    // Text takes 1, 2 and 1 bytes a character on its way from the file, a tensor of 50 characters
    // fewer than 1000.
    int readable =
        Damage.survey(
            seeds,
            attempts,
            folder.resolve("damaged.safetensors"),
            DamagedFilesTest::readSafetensors,
            size -> ALWAYS + 32L * size);
    assertMixed(readable, attempts);
  }

  private static void readSafetensors(Path file) throws IOException {
    long size = Files.size(file);
    try (Arena arena = Arena.ofConfined()) {
      long bytes = 0;
      for (StoredTensor tensor : Safetensors.open(file, arena).tensors()) {
        bytes += tensor.data().byteSize();
        if (tensor.dtype().isFloating()) {
          assertEquals(tensor.elements(), tensor.floats().length);
        }
      }
      assertTrue(bytes <= size - Long.BYTES - 2);
    }
  }

  private static List<byte[]> arrays() {
    return List.of(
        npy("<f4", "(2, 3)", floats(1, 2, 3, 4, 5, 6)),
        npy(2, npyHeader(">f8", "True", "(1, 2, 1)"), new byte[16]),
        npy(3, npyHeader("|u1", "True", "(3, 4)"), new byte[12]),
        npy("<i8", "()", new byte[8]),
        npy("<f2", "(0,)"));
  }

  @Test
  void arraysAreReadOrRefused() throws IOException {
    int attempts = 6_000;
    int readable =
        Damage.survey(
            arrays(),
            attempts,
            folder.resolve("damaged.npy"),
            file -> assertEquals(product(Npy.read(file)), Npy.read(file).values().length),
            // Read twice, eight times the file each.
            size -> ALWAYS + 16L * size);
    assertMixed(readable, attempts);
  }

  private static int product(NpyArray array) {
    return Arrays.stream(array.shape()).reduce(1, (a, b) -> a * b);
  }

  @Test
  void archivesAreReadOrRefused() throws IOException {
    List<byte[]> seeds =
        List.of(
            zip(Map.of("a.npy", arrays().get(0), "b.npy", arrays().get(1))),
            zip(Map.of("zeros.npy", npy("|u1", "(2000,)", new byte[2000]))),
            zip(Map.of()));
    int attempts = 4_000;
    int maxBytes = 10_000;
    int readable =
        Damage.survey(
            seeds,
            attempts,
            folder.resolve("damaged.npz"),
            file ->
                Npz.read(file, maxBytes)
                    .forEach((name, array) -> assertEquals(product(array), array.values().length)),
            size -> ALWAYS + 2 * maxBytes + 32L * size);
    assertMixed(readable, attempts);
  }
}
