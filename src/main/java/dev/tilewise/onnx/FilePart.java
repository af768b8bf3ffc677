package dev.tilewise.onnx;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;

/**
 * A part of an open file, mapped for as long as somebody reads it: what stays mapped counts as the
 * process's memory. The file is closed when nobody knows a part of it any more.
 */
final class FilePart {

  private final FileChannel channel;
  private final long offset;
  private final long bytes;
  private final MemorySegment mapped;

  /**
   * A part.
   *
   * @param channel open for reading, and not closed
   * @param offset of the first byte
   * @param bytes how many
   */
  FilePart(FileChannel channel, long offset, long bytes) {
    this(channel, offset, bytes, null);
  }

  private FilePart(FileChannel channel, long offset, long bytes, MemorySegment mapped) {
    this.channel = channel;
    this.offset = offset;
    this.bytes = bytes;
    this.mapped = mapped;
  }

  /** A whole file, which is mapped as long as somebody has its bytes. */
  static FilePart whole(FileChannel channel) throws IOException {
    long size = channel.size();
    MemorySegment all = channel.map(MapMode.READ_ONLY, 0, size, Arena.ofAuto());
    return new FilePart(channel, 0, size, all);
  }

  /** The bytes of a whole file. */
  MemorySegment bytes() {
    return mapped;
  }

  /** The part of a whole file that some of its bytes are. */
  FilePart part(MemorySegment within) {
    return new FilePart(channel, within.address() - mapped.address(), within.byteSize());
  }

  /**
   * Its bytes, until the arena is closed.
   *
   * @throws UncheckedIOException if the file cannot be read, or has become shorter
   */
  MemorySegment map(Arena arena) {
    try {
      return channel.map(MapMode.READ_ONLY, offset, bytes, arena);
    } catch (IOException e) {
      throw new UncheckedIOException("the model's file has changed: " + e.getMessage(), e);
    }
  }
}
