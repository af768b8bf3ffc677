package dev.tilewise.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.ConvCase;
import dev.tilewise.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFileTest {

  @TempDir Path folder;

  private Network network;
  private Path file;
  private byte[] bytes;

  @BeforeEach
  void save() throws IOException {
    network =
        Network.sequential(Shape.image(8, 9, 2))
            .conv(ConvCase.parse("n1c2h9w8 k4g2f3x2p1x0x2x1"))
            .relu()
            .avgPool(2, 2, 0)
            .locallyConnected(3, 2, 1, 0)
            .maxPool(2, 1, 1)
            .dense(4)
            .relu()
            .dense(3)
            .classNames(List.of("cat", "größe", ""))
            .build(9);
    file = folder.resolve("model");
    network.save(file);
    bytes = Files.readAllBytes(file);
  }

  @Test
  void aSavedNetworkComesBackBitForBit() throws IOException {
    Network back = Network.load(file);
    assertEquals(network.summary(), back.summary());
    assertEquals(network.inputShape(), back.inputShape());
    assertEquals(network.classNames(), back.classNames());
    for (Parameter parameter : network.parameters()) {
      assertArrayEquals(parameter.values(), back.parameter(parameter.name()).values(), 0);
    }
    float[] image = new float[(int) network.inputShape().elements()];
    Arrays.fill(image, 0.5f);
    assertArrayEquals(network.predict(image), back.predict(image), 0);
    back.save(folder.resolve("again"));
    assertArrayEquals(bytes, Files.readAllBytes(folder.resolve("again")));
  }

  @Test
  void savingReplacesAndLeavesNothingElse() throws IOException {
    network.save(file);
    try (var files = Files.list(folder)) {
      assertEquals(List.of(file), files.toList());
    }
    assertThrows(IOException.class, () -> network.save(folder.resolve("no/such/folder")));
  }

  @Test
  void everyTruncationIsFound() throws IOException {
    for (int length = 0; length < bytes.length; length += length < 100 ? 1 : 97) {
      Files.write(file, Arrays.copyOf(bytes, length));
      refused();
    }
  }

  @Test
  void everyChangedByteIsFound() throws IOException {
    for (int at = 0; at < bytes.length; at += at < 200 ? 1 : 97) {
      byte[] changed = bytes.clone();
      changed[at] ^= 0x20;
      Files.write(file, changed);
      refused();
    }
  }

  /**
   * Whoever writes a checksum, too, still cannot make the reader allocate what the file does not
   * hold.
   */
  @Test
  void numbersThatDoNotFitAreFoundBehindARightChecksum() throws IOException {
    for (int at = 12; at < 200; at += Integer.BYTES) {
      for (int value : new int[] {-1, 0, Integer.MAX_VALUE, 1 << 20}) {
        ByteBuffer changed = ByteBuffer.wrap(bytes.clone()).order(ByteOrder.LITTLE_ENDIAN);
        if (changed.getInt(at) == value) {
          continue;
        }
        changed.putInt(at, value);
        CRC32 crc = new CRC32();
        crc.update(changed.array(), 0, bytes.length - Integer.BYTES);
        changed.putInt(bytes.length - Integer.BYTES, (int) crc.getValue());
        Files.write(file, changed.array());
        loadsOrRefuses();
      }
    }
  }

  /** 2^64 + 13 parameters are not the 13 that the file has. */
  @Test
  void aCountThatDoesNotFitALongIsFound() throws IOException {
    int[] units = new int[19];
    Arrays.fill(units, Integer.MAX_VALUE / 2);
    units[17] = 14;
    units[18] = 1;
    ByteBuffer wide = ByteBuffer.allocate(12 + 5 * 4 + 19 * 8 + 13 * 4 + 4);
    wide.order(ByteOrder.LITTLE_ENDIAN).put(bytes, 0, 12);
    for (int value : new int[] {1, 1, 1, 0, units.length}) {
      wide.putInt(value);
    }
    for (int count : units) {
      wide.putInt(LayerSpec.Kind.DENSE.ordinal()).putInt(count);
    }
    CRC32 crc = new CRC32();
    crc.update(wide.array(), 0, wide.capacity() - Integer.BYTES);
    Files.write(file, wide.putInt(wide.capacity() - Integer.BYTES, (int) crc.getValue()).array());
    refused();
  }

  private void refused() {
    IOException thrown = assertThrows(IOException.class, () -> Network.load(file));
    assertOneLine(thrown);
  }

  /** A padding or stride of another value may make another network that fits. */
  private void loadsOrRefuses() {
    try {
      Network other = Network.load(file);
      assertTrue(other.parameterCount() * Float.BYTES < bytes.length);
    } catch (IOException thrown) {
      assertOneLine(thrown);
    }
  }

  private void assertOneLine(IOException thrown) {
    assertTrue(thrown.getMessage().startsWith(file + ": "), thrown.getMessage());
    assertFalse(thrown.getMessage().contains("\n"), thrown.getMessage());
  }

  @Test
  void otherFilesAreNamedForWhatTheyAreNot() throws IOException {
    Files.writeString(file, "{\"layers\": [1, 2, 3], \"and\": \"so on\"}");
    assertTrue(
        assertThrows(IOException.class, () -> Network.load(file))
            .getMessage()
            .endsWith("not a model file: it does not begin with TILEWISE"));
    byte[] newer = bytes.clone();
    newer[8] = 2;
    Files.write(file, newer);
    assertTrue(
        assertThrows(IOException.class, () -> Network.load(file))
            .getMessage()
            .endsWith("model file version 2, this release reads 1"));
  }

  @Test
  void aDirectoryIsNotReplaced() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    IOException thrown = assertThrows(IOException.class, () -> network.save(empty));
    assertEquals(empty + ": is a directory, not a file to save a model in", thrown.getMessage());
    assertTrue(Files.isDirectory(empty));
  }

  @Test
  void aNeighbourIsNotOverwritten() throws IOException {
    Path neighbour = Files.writeString(folder.resolve("model.part"), "mine");
    network.save(file);
    assertEquals("mine", Files.readString(neighbour));
  }

  @Test
  void aMissingDirectoryIsNamed() {
    Path lost = folder.resolve("no/such");
    IOException thrown = assertThrows(IOException.class, () -> network.save(lost));
    assertEquals(lost + ": there is no directory " + folder.resolve("no"), thrown.getMessage());
  }

  @Test
  void whatIsNoFileIsNotLoaded() {
    IOException directory = assertThrows(IOException.class, () -> Network.load(folder));
    assertEquals(folder + ": is a directory, not a model file", directory.getMessage());
    Path lost = folder.resolve("lost");
    IOException missing = assertThrows(IOException.class, () -> Network.load(lost));
    assertEquals(lost + ": no such file", missing.getMessage());
  }
}
