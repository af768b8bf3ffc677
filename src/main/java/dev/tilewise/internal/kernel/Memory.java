package dev.tilewise.internal.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The one kind of memory kernels see: off-heap and without an owner thread. The accessors of {@link
 * MemorySegment} share their type profile with the whole process; the guard at the top of every
 * kernel compares the class with a constant, which tells C2 the exact type whatever else the
 * process has done.
 */
public final class Memory {

  static {
    loadKinds();
  }

  /** The class of plain off-heap segments. */
  public static final Class<?> NATIVE = Arena.global().allocate(Float.BYTES).getClass();

  /** Alignment of everything allocated here, bytes. */
  public static final long ALIGNMENT = 64;

  /** Never started: memory that this thread may use is everybody's. */
  private static final Thread NOBODY = Thread.ofPlatform().unstarted(() -> {});

  private Memory() {}

  /**
   * Loads the classes of all segments and arenas. C2 compiles accesses for the classes it has seen;
   * one that is loaded later, with the first array or mapped file that becomes a segment, undoes
   * all of that code, and kernels are then compiled in the middle of their loops, which takes up to
   * nine seconds each (docs/decisions/0015-two-threads-and-warm-up.md).
   *
   * <p>The confined arena owns nothing and is not closed: that would ask whether this thread may,
   * and once HotSpot has counted such a question, C2 asks it for each access of each kernel.
   */
  private static void loadKinds() {
    MemorySegment.ofArray(new byte[0]);
    MemorySegment.ofArray(new short[0]);
    MemorySegment.ofArray(new char[0]);
    MemorySegment.ofArray(new int[0]);
    MemorySegment.ofArray(new long[0]);
    MemorySegment.ofArray(new float[0]);
    MemorySegment.ofArray(new double[0]);
    Arena.ofAuto();
    Arena.ofConfined();
    Arena.ofShared().close();
    try {
      // No public call makes one without a file.
      Class.forName("jdk.internal.foreign.MappedMemorySegmentImpl", false, null);
    } catch (ClassNotFoundException e) {
      // A JDK without it has nothing to load.
    }
  }

  /**
   * Whether this process has vectors at all. Asked here, in a class without them, so that a user
   * who forgot a flag reads more than the name of a class.
   *
   * @throws IllegalStateException if not
   */
  public static void requireVectors() {
    if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
      throw new IllegalStateException(
          "Tilewise computes with the module jdk.incubator.vector: run java with --add-modules"
              + " jdk.incubator.vector, or put Tilewise on the module path");
    }
  }

  /** Whether kernels may work on this segment in place. */
  public static boolean isKernelMemory(MemorySegment segment) {
    return segment.getClass() == NATIVE && segment.isAccessibleBy(NOBODY);
  }

  /**
   * Throws unless the memory is alive and this thread may use it.
   *
   * @param operation what a message begins with
   * @param role of the memory in it
   * @param tensor for the message
   * @param memory of the tensor
   * @throws IllegalStateException if not
   */
  public static void requireAccess(
      String operation, String role, Object tensor, MemorySegment memory) {
    if (!memory.scope().isAlive()) {
      throw new IllegalStateException(
          operation + ": the arena of the " + role + " " + tensor + " is closed");
    }
    if (!memory.isAccessibleBy(Thread.currentThread())) {
      throw new IllegalStateException(
          operation
              + ": the "
              + role
              + " "
              + tensor
              + " is in a confined arena of another thread; use Arena.ofShared() or run on that"
              + " thread");
    }
  }

  private static boolean ownsForAll(Arena arena) {
    try {
      return isKernelMemory(arena.allocate(0));
    } catch (WrongThreadException e) {
      return false;
    }
  }

  /**
   * Zeros for kernels to work on.
   *
   * @param arena the preferred owner; if its memory belongs to one thread, the garbage collector
   *     owns it instead
   * @param bytes how many
   */
  public static MemorySegment allocate(Arena arena, long bytes) {
    Arena owner = ownsForAll(arena) ? arena : Arena.ofAuto();
    return owner.allocate(Math.max(bytes, ALIGNMENT), ALIGNMENT);
  }
}
