package dev.tilewise;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The kinds of off-heap memory a tensor can lie in. */
public enum MemoryKind {
  SHARED,
  AUTO,
  GLOBAL,
  CONFINED,
  MAPPED;

  private static final long POOL_BYTES = 1 << 24;

  /** Global memory never ends, and files are slow to make: one block of each serves every test. */
  private MemorySegment pool;

  private long used;

  /** Memory of this kind until the next {@link #reset}, or until the arena closes. */
  synchronized MemorySegment allocate(Arena shared, Arena confined, long bytes) {
    return switch (this) {
      case SHARED -> shared.allocate(bytes, Tensor.ALIGNMENT);
      case AUTO -> Arena.ofAuto().allocate(bytes, Tensor.ALIGNMENT);
      case CONFINED -> confined.allocate(bytes, Tensor.ALIGNMENT);
      case GLOBAL, MAPPED -> carve(bytes);
    };
  }

  /** Makes the pools reusable: what was carved from them before is over. */
  static void reset() {
    GLOBAL.used = 0;
    MAPPED.used = 0;
  }

  private MemorySegment carve(long bytes) {
    if (pool == null) {
      pool = this == GLOBAL ? Arena.global().allocate(POOL_BYTES, Tensor.ALIGNMENT) : mapped();
    }
    long start = used;
    used += (bytes + Tensor.ALIGNMENT - 1) / Tensor.ALIGNMENT * Tensor.ALIGNMENT;
    return pool.asSlice(start, bytes);
  }

  private static MemorySegment mapped() {
    try {
      Path file = Files.createTempFile("tilewise", ".floats");
      file.toFile().deleteOnExit();
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
        return channel.map(FileChannel.MapMode.READ_WRITE, 0, POOL_BYTES, Arena.global());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
