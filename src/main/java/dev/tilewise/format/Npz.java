package dev.tilewise.format;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * Archives of arrays as NumPy's {@code savez} and {@code savez_compressed} write them: zip files of
 * {@code .npy} entries, each read as {@link Npy} says.
 *
 * <p>A small archive can claim to be huge, or truly inflate. So an entry must declare exactly the
 * bytes that its array's shape needs, no more than its compressed bytes can hold, and inflate to
 * exactly that; and all arrays together must stay within a limit that the caller may set. Only then
 * is memory allocated. Checksums are verified.
 */
public final class Npz {

  /** What all arrays of an archive may take unless the caller says otherwise: 1 GB of floats. */
  public static final long DEFAULT_MAX_BYTES = 1L << 30;

  private static final String SUFFIX = ".npy";

  /** Deflate makes at best 258 bytes of 2 bits, so 1032 of a byte. */
  private static final long MAX_INFLATION = 1032;

  private Npz() {}

  /**
   * Reads an archive whose arrays take at most {@link #DEFAULT_MAX_BYTES}.
   *
   * @param file a {@code .npz} file
   * @return the arrays by their names, which are those of the entries without {@code .npy}, in the
   *     order of the archive
   * @throws FormatException as {@link #read(Path, long)} does
   */
  public static Map<String, NpyArray> read(Path file) throws FormatException {
    return read(file, DEFAULT_MAX_BYTES);
  }

  /**
   * Reads an archive.
   *
   * @param file a {@code .npz} file
   * @param maxBytes what all arrays together may take, 4 bytes for each value
   * @return the arrays by their names, which are those of the entries without {@code .npy}, in the
   *     order of the archive
   * @throws FormatException if the file is missing or cannot be read, is no zip file, has an entry
   *     that is not a {@code .npy} array, is damaged, or exceeds the limit
   */
  public static Map<String, NpyArray> read(Path file, long maxBytes) throws FormatException {
    WholeFile.size(file);
    Map<String, NpyArray> arrays = new LinkedHashMap<>();
    long bytes = 0;
    try (ZipFile zip = new ZipFile(file.toFile())) {
      for (Map.Entry<String, ZipEntry> named : entries(zip, file).entrySet()) {
        String place = place(named.getValue());
        NpyArray array = array(zip, named.getValue(), file, place, maxBytes - bytes);
        arrays.put(named.getKey(), array);
        bytes += (long) array.values().length * Float.BYTES;
      }
      return Collections.unmodifiableMap(arrays);
    } catch (ZipException e) {
      throw new FormatException(file, "not a zip file, or a damaged one: " + e.getMessage(), e);
    } catch (IOException e) {
      throw WholeFile.unreadable(file, e);
    }
  }

  private static String place(ZipEntry entry) {
    return "entry " + HeaderText.quoted(entry.getName()) + ": ";
  }

  /**
   * The entries by the names of their arrays. A zip file finds data by name, so none may be double.
   */
  private static Map<String, ZipEntry> entries(ZipFile zip, Path file) throws FormatException {
    Map<String, ZipEntry> entries = new LinkedHashMap<>();
    for (ZipEntry entry : Collections.list(zip.entries())) {
      String name = entry.getName();
      if (!name.endsWith(SUFFIX)) {
        throw new FormatException(file, place(entry) + "is not named as an array, *.npy");
      }
      if (entries.put(name.substring(0, name.length() - SUFFIX.length()), entry) != null) {
        throw new FormatException(file, place(entry) + "occurs twice");
      }
    }
    return entries;
  }

  private static NpyArray array(ZipFile zip, ZipEntry entry, Path file, String place, long maxBytes)
      throws IOException {
    long size = entry.getSize();
    if (size < 0 || size / MAX_INFLATION > entry.getCompressedSize()) {
      throw new FormatException(
          file,
          place
              + "declares %d bytes, which its %d compressed bytes cannot hold"
                  .formatted(size, entry.getCompressedSize()));
    }
    CRC32 checksum = new CRC32();
    try (InputStream in = new CheckedInputStream(zip.getInputStream(entry), checksum)) {
      NpyHeader header = NpyHeader.read(in, size, file, place);
      long bytes = (long) header.count() * Float.BYTES;
      if (bytes > maxBytes) {
        throw new FormatException(
            file,
            place
                + "takes %d bytes as floats, but only %d remain of the limit"
                    .formatted(bytes, maxBytes));
      }
      NpyArray array = header.values(in);
      if (in.read() >= 0) {
        throw new FormatException(
            file, place + "inflates to more than the %d bytes it declares".formatted(size));
      }
      if (checksum.getValue() != entry.getCrc()) {
        throw new FormatException(
            file,
            place
                + "damaged: its checksum is 0x%08X instead of 0x%08X"
                    .formatted(checksum.getValue(), entry.getCrc()));
      }
      return array;
    } catch (EOFException e) {
      throw new FormatException(
          file, place + "inflates to less than the %d bytes it declares".formatted(size), e);
    } catch (ZipException e) {
      throw new FormatException(file, place + "damaged: " + e.getMessage(), e);
    }
  }
}
