package dev.tilewise.format;

import static dev.tilewise.format.FormatFiles.assertBad;
import static dev.tilewise.format.FormatFiles.floats;
import static dev.tilewise.format.FormatFiles.npy;
import static dev.tilewise.format.FormatFiles.zip;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpzTest {
  /** Where an entry of the central directory keeps what is to be changed; see APPNOTE.TXT. */
  private static final int CRC_AT = 16;

  private static final int SIZE_AT = 24;
  private static final int NAME_AT = 46;

  @TempDir Path folder;

  private Path written(byte[] bytes) throws IOException {
    return Files.write(folder.resolve("arrays.npz"), bytes);
  }

  private void assertBadArchive(String problem, byte[] bytes) throws IOException {
    Path file = written(bytes);
    assertBad(file, problem, () -> Npz.read(file));
  }

  private static byte[] one(String name, byte[] bytes) {
    return zip(Map.of(name, bytes));
  }

  /** The first entry of the central directory. */
  private static int directory(byte[] zip) {
    for (int at = 0; ; at++) {
      if (zip[at] == 'P' && zip[at + 1] == 'K' && zip[at + 2] == 1 && zip[at + 3] == 2) {
        return at;
      }
    }
  }

  private static byte[] changed(byte[] zip, int field, int difference) {
    byte[] changed = zip.clone();
    ByteBuffer bytes = ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN);
    int at = directory(zip) + field;
    bytes.putInt(at, bytes.getInt(at) + difference);
    return changed;
  }

  @Test
  void entriesBecomeArraysInTheirOrder() throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("z.npy", npy("<f4", "(1, 2)", floats(1, 2)));
    entries.put("a/b.npy", npy("|u1", "()", (byte) 200));
    entries.put(".npy", npy("<f4", "(0,)"));
    Map<String, NpyArray> arrays = Npz.read(written(zip(entries)));
    assertEquals(List.of("z", "a/b", ""), new ArrayList<>(arrays.keySet()));
    assertArrayEquals(new int[] {1, 2}, arrays.get("z").shape());
    assertArrayEquals(new float[] {1, 2}, arrays.get("z").values());
    assertArrayEquals(new float[] {200}, arrays.get("a/b").values());
    assertThrows(UnsupportedOperationException.class, arrays::clear);
  }

  @Test
  void manyEqualValuesAreReadThoughTheyAreSmallInTheFile() throws IOException {
    Path file = written(one("zeros.npy", npy("|u1", "(10000000,)", new byte[10_000_000])));
    assertEquals(10_000_000, Npz.read(file).get("zeros").values().length);
    assertBad(
        file,
        "entry \"zeros.npy\": takes 40000000 bytes as floats, but only 39999999 remain of the"
            + " limit",
        () -> Npz.read(file, 39_999_999));
  }

  @Test
  void theLimitHoldsForAllArraysTogether() throws IOException {
    Map<String, byte[]> entries = new LinkedHashMap<>();
    entries.put("a.npy", npy("<f4", "(2,)", floats(1, 2)));
    entries.put("b.npy", npy("<f4", "(2,)", floats(3, 4)));
    Path file = written(zip(entries));
    assertEquals(2, Npz.read(file, 16).size());
    assertBad(
        file,
        "entry \"b.npy\": takes 8 bytes as floats, but only 7 remain",
        () -> Npz.read(file, 15));
  }

  @Test
  void anEntryDeclaresWhatItsShapeNeeds() throws IOException {
    assertBadArchive(
        "entry \"a.npy\": the shape [2] of 4 bytes each needs 8 bytes, but 4 more follow",
        one("a.npy", npy("<f4", "(2,)", new byte[12])));
    assertBadArchive(
        "entry \"a.npy\": truncated: the shape [4] of 4 bytes each needs 16 bytes, but only 12",
        one("a.npy", npy("<f4", "(4,)", new byte[12])));
  }

  @Test
  void anEntryInflatesToWhatItDeclares() throws IOException {
    byte[] good = one("a.npy", npy("<f4", "(300,)", new byte[1200]));
    byte[] larger = one("a.npy", npy("<f4", "(300,)", new byte[1204]));
    assertBadArchive(
        "entry \"a.npy\": inflates to more than the %d bytes it declares"
            .formatted(npy("<f4", "(300,)", new byte[1200]).length),
        changed(larger, SIZE_AT, -4));
    byte[] smaller = one("a.npy", npy("<f4", "(300,)", new byte[1196]));
    assertBadArchive("entry \"a.npy\": inflates to less than the", changed(smaller, SIZE_AT, 4));
    assertBadArchive("entry \"a.npy\": declares ", changed(good, SIZE_AT, 10_000_000));
    assertBadArchive("entry \"a.npy\": damaged: its checksum is 0x", changed(good, CRC_AT, 1));
  }

  @Test
  void otherEntriesAreRefused() throws IOException {
    assertBadArchive("entry \"a.txt\": is not named as an array, *.npy", one("a.txt", new byte[0]));
    assertBadArchive("entry \"d/\": is not named as an array", one("d/", new byte[0]));
    assertBadArchive(
        "entry \"a.npy\": not a .npy array: it does not begin", one("a.npy", new byte[4]));
    Map<String, byte[]> two = new LinkedHashMap<>();
    two.put("a.npy", npy("|u1", "()", (byte) 1));
    two.put("b.npy", npy("|u1", "()", (byte) 2));
    byte[] twice = zip(two);
    for (int at = directory(twice) + NAME_AT; at < twice.length; at++) {
      if (twice[at] == 'b') {
        twice[at] = 'a';
      }
    }
    assertBadArchive("entry \"a.npy\": occurs twice", twice);
  }

  @Test
  void filesThatAreNoArchiveAreRefused() throws IOException {
    Path missing = folder.resolve("missing.npz");
    assertBad(missing, "no such file", () -> Npz.read(missing));
    assertBad(folder, "is not a file", () -> Npz.read(folder));
    assertBadArchive("not a zip file, or a damaged one: ", new byte[0]);
    assertBadArchive(
        "not a zip file, or a damaged one: ", "no archive".getBytes(StandardCharsets.US_ASCII));
    byte[] good = one("a.npy", npy("|u1", "()", (byte) 1));
    assertBadArchive("not a zip file, or a damaged one: ", Arrays.copyOf(good, good.length - 1));
    // The first byte of the compressed data: a block of the type that does not exist.
    byte[] damaged = good.clone();
    damaged[30 + "a.npy".length()] = 7;
    assertBadArchive("entry \"a.npy\": damaged: ", damaged);
  }
}
