package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

class TensorTest {

  private static final Shape SHAPE = Shape.nchw(2, 3, 2, 2);

  /** Element (n, c, y, x) is the number ncyx. */
  private static final float[] NCHW = {
    0, 1, 10, 11, 100, 101, 110, 111, 200, 201, 210, 211,
    1000, 1001, 1010, 1011, 1100, 1101, 1110, 1111, 1200, 1201, 1210, 1211
  };

  private static final float[] NHWC = {
    0, 100, 200, 1, 101, 201, 10, 110, 210, 11, 111, 211,
    1000, 1100, 1200, 1001, 1101, 1201, 1010, 1110, 1210, 1011, 1111, 1211
  };

  private static float[] in(Layout layout) {
    return layout == Layout.NCHW ? NCHW : NHWC;
  }

  @Test
  void theConfinedArenaOfAnotherThreadIsNamed() throws InterruptedException {
    try (Arena arena = Arena.ofConfined()) {
      Shape shape = Shape.nchw(1, 2, 3, 4);
      IllegalStateException[] thrown = new IllegalStateException[1];
      Thread other =
          new Thread(
              () ->
                  thrown[0] =
                      assertThrows(
                          IllegalStateException.class,
                          () -> Tensor.allocate(arena, shape, Layout.NCHW)));
      other.start();
      other.join();
      assertEquals(
          "tensor: the arena for " + shape + " is a confined one of another thread",
          thrown[0].getMessage());
    }
  }

  @Test
  void arraysConvertBothWays() {
    for (Layout layout : Layout.values()) {
      for (Layout order : Layout.values()) {
        Tensor t = Tensor.allocate(Arena.ofAuto(), SHAPE, layout).copyFrom(in(order), order);
        assertArrayEquals(in(layout), t.segment().toArray(ValueLayout.JAVA_FLOAT));
        assertArrayEquals(NCHW, t.toArray(Layout.NCHW));
        assertArrayEquals(NHWC, t.toArray(Layout.NHWC));
        assertEquals(1201, t.get(1, 2, 0, 1));
      }
    }
  }

  @Test
  void tensorsConvertBothWays() {
    for (Layout from : Layout.values()) {
      Tensor source = Tensor.of(Arena.ofAuto(), SHAPE, from, in(from));
      for (Layout to : Layout.values()) {
        Tensor copy = Tensor.allocate(Arena.ofAuto(), SHAPE, to).copyFrom(source);
        assertArrayEquals(in(to), copy.segment().toArray(ValueLayout.JAVA_FLOAT));
      }
    }
  }

  @Test
  void conversionKeepsTheBitsOfNaN() {
    float odd = Float.intBitsToFloat(0x7FC1_2345);
    Shape shape = Shape.nchw(1, 2, 1, 2);
    Tensor planes = Tensor.allocate(Arena.ofAuto(), shape, Layout.NCHW).fill(odd);
    Tensor columns = Tensor.allocate(Arena.ofAuto(), shape, Layout.NHWC).copyFrom(planes);
    for (int bits : columns.segment().toArray(ValueLayout.JAVA_INT)) {
      assertEquals(0x7FC1_2345, bits);
    }
  }

  @Test
  void elementsAreReadAndWrittenByCoordinates() {
    for (Layout layout : Layout.values()) {
      Tensor t = Tensor.allocate(Arena.ofAuto(), SHAPE, layout);
      for (int i = 0; i < 24; i++) {
        t.set(i / 12, i / 4 % 3, i / 2 % 2, i % 2, NCHW[i]);
      }
      assertArrayEquals(in(layout), t.segment().toArray(ValueLayout.JAVA_FLOAT));
    }
  }

  @Test
  void everyCoordinateIsCheckedByItself() {
    Tensor t = Tensor.allocate(Arena.ofAuto(), SHAPE, Layout.NCHW);
    for (int[] bad :
        new int[][] {
          {2, 0, 0, 0}, {0, 3, 0, 0}, {0, 0, 2, 0}, {0, 0, 0, 2}, {-1, 2, 1, 1}, {1, -1, 0, 0}
        }) {
      assertThrows(IndexOutOfBoundsException.class, () -> t.get(bad[0], bad[1], bad[2], bad[3]));
      assertThrows(IndexOutOfBoundsException.class, () -> t.set(bad[0], bad[1], bad[2], bad[3], 1));
    }
    assertArrayEquals(new float[24], t.toArray(Layout.NCHW));
  }

  @Test
  void whatCannotBeReadIsNamed() {
    Arena closed = Arena.ofShared();
    Tensor t = Tensor.allocate(closed, SHAPE, Layout.NCHW);
    String name = t.toString();
    IndexOutOfBoundsException outside =
        assertThrows(IndexOutOfBoundsException.class, () -> t.get(1, 3, 0, -1));
    assertEquals("tensor: there is no element n=1 c=3 y=0 x=-1 in " + SHAPE, outside.getMessage());
    closed.close();
    for (Executable use : new Executable[] {() -> t.get(0, 0, 0, 0), () -> t.set(0, 0, 0, 0, 1)}) {
      IllegalStateException e = assertThrows(IllegalStateException.class, use);
      assertEquals("tensor: " + name + ": its arena is closed", e.getMessage());
    }
  }

  @Test
  void allocatedTensorsAreZeroAndAligned() {
    try (Arena arena = Arena.ofShared()) {
      for (int i = 1; i < 20; i++) {
        Tensor t = Tensor.allocate(arena, Shape.nchw(1, 1, 1, i), Layout.NHWC);
        assertEquals(0, t.segment().address() % 64);
        assertEquals(i * 4L, t.segment().byteSize());
        assertArrayEquals(new float[i], t.toArray(Layout.NHWC));
      }
    }
  }

  @Test
  void wrappedMemoryIsNotCopied() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(SHAPE.bytes() + 12, 4);
      Tensor t = Tensor.of(memory, SHAPE, Layout.NHWC);
      t.set(1, 2, 1, 1, 7);
      assertEquals(7, memory.getAtIndex(ValueLayout.JAVA_FLOAT, 23));
      memory.setAtIndex(ValueLayout.JAVA_FLOAT, 0, 5);
      assertEquals(5, t.get(0, 0, 0, 0));
      assertEquals(SHAPE.bytes(), t.segment().byteSize());
      assertEquals(memory.address(), t.segment().address());
    }
  }

  @Test
  void aFileOfThreeGigabytesIsATensor(@TempDir Path folder) throws IOException {
    Shape shape = Shape.nchw(3, 256, 1024, 1024);
    assertEquals(3L << 30, shape.bytes());
    Path path = folder.resolve("sparse");
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
        Arena arena = Arena.ofShared()) {
      file.setLength(shape.bytes());
      FileChannel.MapMode mode = FileChannel.MapMode.READ_WRITE;
      Tensor t =
          Tensor.of(file.getChannel().map(mode, 0, shape.bytes(), arena), shape, Layout.NHWC);
      assertEquals(0, t.get(2, 255, 1023, 1023));
      t.set(2, 255, 1023, 1023, 42);
      assertEquals(42, t.get(2, 255, 1023, 1023));
      assertEquals(42, t.segment().getAtIndex(ValueLayout.JAVA_FLOAT, (3L << 28) - 1));
      t.segment().force();
      file.seek(shape.bytes() - 4);
      assertEquals(Integer.reverseBytes(Float.floatToRawIntBits(42)), file.readInt());
    }
  }

  @Test
  void aHeapSegmentIsNoTensor() {
    assertEquals(
        "tensor: n2c3h2w2 over a heap segment; use off-heap memory, or copy with copyFrom",
        rejected(MemorySegment.ofArray(new float[24])));
  }

  @Test
  void tooSmallAndMisalignedMemoryAreRejected() {
    MemorySegment memory = Arena.ofAuto().allocate(97, 8);
    assertEquals(
        "tensor: n2c3h2w2 needs 96 bytes but the segment has 95", rejected(memory.asSlice(0, 95)));
    assertTrue(rejected(memory.asSlice(1, 96)).contains("aligned to 4 bytes"));
  }

  private static String rejected(MemorySegment memory) {
    return assertThrows(IllegalArgumentException.class, () -> Tensor.of(memory, SHAPE, Layout.NHWC))
        .getMessage();
  }

  @Test
  void aWrongNumberOfValuesIsRejectedBeforeAnythingIsWritten() {
    Tensor t = Tensor.of(Arena.ofAuto(), SHAPE, Layout.NCHW, NCHW);
    String message =
        assertThrows(IllegalArgumentException.class, () -> t.copyFrom(new float[23], Layout.NCHW))
            .getMessage();
    assertEquals("tensor: n2c3h2w2 has 24 elements, not 23", message);
    assertThrows(
        IllegalArgumentException.class,
        () -> Tensor.of(Arena.ofAuto(), SHAPE, Layout.NCHW, new float[25]));
    assertArrayEquals(NCHW, t.toArray(Layout.NCHW));
  }

  @Test
  void tensorsOfDifferentShapesAreNotCopied() {
    Tensor t = Tensor.allocate(Arena.ofAuto(), SHAPE, Layout.NCHW);
    Tensor other = Tensor.allocate(Arena.ofAuto(), Shape.nchw(2, 3, 4, 1), Layout.NCHW);
    String message =
        assertThrows(IllegalArgumentException.class, () -> t.copyFrom(other)).getMessage();
    assertTrue(message.contains("n2c3h4w1") && message.contains("n2c3h2w2"), message);
  }

  @Test
  void aReadOnlyTensorIsReadAndNotWritten() {
    Tensor t = Tensor.of(Arena.ofAuto(), SHAPE, Layout.NCHW, NCHW);
    Tensor view = t.asReadOnly();
    assertArrayEquals(NHWC, view.toArray(Layout.NHWC));
    assertThrows(IllegalArgumentException.class, () -> view.set(0, 0, 0, 0, 1));
    assertThrows(IllegalArgumentException.class, () -> view.fill(1));
    assertThrows(IllegalArgumentException.class, () -> view.copyFrom(NCHW, Layout.NCHW));
    assertThrows(IllegalArgumentException.class, () -> view.copyFrom(NHWC, Layout.NHWC));
    assertArrayEquals(NCHW, t.toArray(Layout.NCHW));
  }

  @Test
  void aClosedArenaEndsItsTensors() {
    Arena arena = Arena.ofShared();
    MemorySegment memory = arena.allocate(SHAPE.bytes(), 64);
    Tensor t = Tensor.of(memory, SHAPE, Layout.NCHW);
    arena.close();
    assertThrows(IllegalStateException.class, () -> t.get(0, 0, 0, 0));
    assertThrows(IllegalStateException.class, () -> t.set(0, 0, 0, 0, 1));
    assertThrows(IllegalStateException.class, () -> t.fill(1));
    assertThrows(IllegalStateException.class, () -> t.toArray(Layout.NHWC));
    assertThrows(IllegalStateException.class, () -> Tensor.of(memory, SHAPE, Layout.NCHW));
    assertThrows(IllegalStateException.class, () -> Tensor.allocate(arena, SHAPE, Layout.NCHW));
  }

  @Test
  void aConfinedTensorBelongsToItsThread() {
    try (Arena arena = Arena.ofConfined()) {
      Tensor t = Tensor.allocate(arena, SHAPE, Layout.NCHW);
      CompletionException thrown =
          assertThrows(
              CompletionException.class,
              () -> CompletableFuture.supplyAsync(() -> t.get(0, 0, 0, 0)).join());
      assertEquals(WrongThreadException.class, thrown.getCause().getClass());
    }
  }

  @Test
  void theStringNamesShapeAndLayout() {
    assertEquals("n2c3h2w2 NHWC", Tensor.allocate(Arena.ofAuto(), SHAPE, Layout.NHWC).toString());
  }

  @Test
  void tensorsThatOverlapAreNotConverted() {
    Tensor planes = Tensor.of(Arena.ofAuto(), SHAPE, Layout.NCHW, NCHW);
    Tensor columns = Tensor.of(planes.segment(), SHAPE, Layout.NHWC);
    String message =
        assertThrows(IllegalArgumentException.class, () -> columns.copyFrom(planes)).getMessage();
    assertTrue(message.contains("overlap in memory"), message);
    assertArrayEquals(NCHW, planes.toArray(Layout.NCHW));
  }

  @Test
  void tensorsOfOneLayoutMayOverlap() {
    MemorySegment memory = Arena.ofAuto().allocate(SHAPE.bytes() + 4, 64);
    Tensor first = Tensor.of(memory, SHAPE, Layout.NCHW).copyFrom(NCHW, Layout.NCHW);
    Tensor shifted = Tensor.of(memory.asSlice(4), SHAPE, Layout.NCHW);
    assertArrayEquals(NCHW, shifted.copyFrom(first).toArray(Layout.NCHW));
  }

  @Test
  void whatIsReadOnlyIsNamed() {
    Tensor view = Tensor.allocate(Arena.ofAuto(), SHAPE, Layout.NCHW).asReadOnly();
    Tensor other = Tensor.allocate(Arena.ofAuto(), SHAPE, Layout.NHWC);
    for (Executable write :
        new Executable[] {
          () -> view.set(0, 0, 0, 0, 1), () -> view.fill(1), () -> view.copyFrom(other)
        }) {
      String message = assertThrows(IllegalArgumentException.class, write).getMessage();
      assertEquals("tensor: n2c3h2w2 NCHW is read-only", message);
    }
  }

  @Test
  void whatIsMissingIsNamed() {
    Tensor t = Tensor.allocate(Arena.ofAuto(), SHAPE, Layout.NCHW);
    assertMissing("arena", () -> Tensor.allocate(null, SHAPE, Layout.NCHW));
    assertMissing("shape", () -> Tensor.allocate(Arena.ofAuto(), null, Layout.NCHW));
    assertMissing("layout", () -> Tensor.allocate(Arena.ofAuto(), SHAPE, null));
    assertMissing("values", () -> t.copyFrom(null, Layout.NCHW));
    assertMissing("source", () -> t.copyFrom(null));
    assertMissing("order", () -> t.toArray(null));
  }

  private static void assertMissing(String name, Executable call) {
    assertEquals(name, assertThrows(NullPointerException.class, call).getMessage());
  }

  @Test
  void largeTensorsThatFollowEachOtherStartElsewhereInAPage() {
    try (Arena arena = Arena.ofShared()) {
      long before = 0;
      for (int i = 0; i < 12; i++) {
        // Between them memory of odd sizes, so that pages do not begin alike by chance.
        arena.allocate(64L * (i + 1), 64);
        Tensor tensor = Tensor.allocate(arena, Shape.nchw(1, 512, 14, 14), Layout.NHWC);
        long address = tensor.segment().address();
        assertEquals(0, address % Tensor.ALIGNMENT);
        long distance = Math.floorMod(address - before, 2048L);
        assertTrue(i == 0 || distance >= 384 && distance <= 2048 - 384, distance + " bytes");
        before = address;
      }
    }
  }
}
