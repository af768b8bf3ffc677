package dev.tilewise.onnx;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;

/**
 * A part of a mapped file. Pages that were read count as the process's memory as long as they are
 * mapped, so that what reads all of it maps it anew for that time. Where that cannot be done,
 * because the file is gone or another one, it is read where it was mapped first.
 */
final class FilePart {

  private final Path file;
  private final FileTime written;
  private final long size;
  private final long offset;
  private final MemorySegment mapped;

  private FilePart(Path file, FileTime written, long size, long offset, MemorySegment mapped) {
    this.file = file;
    this.written = written;
    this.size = size;
    this.offset = offset;
    this.mapped = mapped;
  }

  /**
   * Maps a part of a file for as long as somebody knows it.
   *
   * @param file of that name
   * @param channel the same, open for reading; may be closed afterwards
   * @param offset of the first byte
   * @param bytes how many
   */
  static FilePart of(Path file, FileChannel channel, long offset, long bytes) throws IOException {
    MemorySegment mapped = channel.map(MapMode.READ_ONLY, offset, bytes, Arena.ofAuto());
    FileTime written = Files.getLastModifiedTime(file);
    return new FilePart(file, written, channel.size(), offset, mapped);
  }

  /** Its bytes. */
  MemorySegment bytes() {
    return mapped;
  }

  /** The part that some of its bytes are. */
  FilePart part(MemorySegment within) {
    long at = within.address() - mapped.address();
    MemorySegment part = mapped.asSlice(at, within.byteSize());
    return new FilePart(file, written, size, offset + at, part);
  }

  /** Its bytes, mapped until the arena is closed if that is possible. */
  MemorySegment map(Arena arena) {
    try (FileChannel channel = FileChannel.open(file)) {
      if (channel.size() == size && Files.getLastModifiedTime(file).equals(written)) {
        return channel.map(MapMode.READ_ONLY, offset, mapped.byteSize(), arena);
      }
    } catch (IOException e) {
      // It is mapped already, whatever became of the name.
      return mapped;
    }
    return mapped;
  }
}
