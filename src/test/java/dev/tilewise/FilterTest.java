package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

class FilterTest {

  private static float[] counting(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = i;
    }
    return values;
  }

  @Test
  void weightsAreInTheOrderFilterChannelRowColumn() {
    Filter filter = Filter.of(counting(120), 2, 3, 4, 5);
    assertEquals(2, filter.k());
    assertEquals(3, filter.c());
    assertEquals(4, filter.fh());
    assertEquals(5, filter.fw());
    assertEquals(((1 * 3 + 2) * 4 + 3) * 5 + 4, filter.weight(1, 2, 3, 4));
    assertEquals(((1 * 3 + 0) * 4 + 2) * 5 + 1, filter.weight(1, 0, 2, 1));
  }

  @Test
  void memoryOfAnyKindAndAlignmentHoldsWeights() {
    MemorySegment memory = Arena.ofAuto().allocate(4 * 6 + 1).asSlice(1);
    MemorySegment.copy(MemorySegment.ofArray(counting(6)), 0, memory, 0, 24);
    assertEquals(5, Filter.of(memory, 6, 1, 1, 1).weight(5, 0, 0, 0));
  }

  @Test
  void biasIsAddedToACopyOfTheDescription() {
    Filter without = Filter.of(counting(6), 3, 2, 1, 1);
    Filter with = without.withBias(1, 2, 3);
    assertFalse(without.hasBias());
    assertTrue(with.hasBias());
    assertEquals(12, with.bias().byteSize());
  }

  @Test
  void theWrongNumberOfWeightsIsRejected() {
    String message =
        assertThrows(IllegalArgumentException.class, () -> Filter.of(new float[53], 2, 3, 3, 3))
            .getMessage();
    assertTrue(message.startsWith("filter: k2c3f3x3 has 54 weights, not 53"), message);
    assertThrows(
        IllegalArgumentException.class, () -> Filter.of(Arena.ofAuto().allocate(26), 6, 1, 1, 1));
  }

  @Test
  void theWrongNumberOfBiasesIsRejected() {
    Filter filter = Filter.of(new float[54], 2, 3, 3, 3);
    String message =
        assertThrows(IllegalArgumentException.class, () -> filter.withBias(1, 2, 3)).getMessage();
    assertTrue(message.startsWith("filter: 2 filters take 2 biases, not 3"), message);
  }

  @Test
  void extentsMustBePositive() {
    assertEquals(
        "filter: extents must be positive, not k=2 c=0 f=3x3",
        assertThrows(IllegalArgumentException.class, () -> Filter.of(new float[0], 2, 0, 3, 3))
            .getMessage());
    assertThrows(IllegalArgumentException.class, () -> Filter.of(new float[9], 1, 1, -3, -3));
  }

  @Test
  void extentsWhoseProductOverflowsAreRejected() {
    assertThrows(
        IllegalArgumentException.class,
        () -> Filter.of(new float[0], 1 << 16, 1 << 16, 1 << 16, 1 << 16));
  }

  @Test
  void theStringNamesTheExtents() {
    assertEquals("k64c32f1x7", Filter.of(new float[64 * 32 * 7], 64, 32, 1, 7).toString());
  }

  @Test
  void everyIndexIsCheckedByItself() {
    Filter filter = Filter.of(counting(120), 2, 3, 4, 5);
    for (int[] bad : new int[][] {{2, 0, 0, 0}, {0, 3, 0, 0}, {0, 0, 4, 0}, {0, 0, 0, 5}}) {
      assertThrows(
          IndexOutOfBoundsException.class, () -> filter.weight(bad[0], bad[1], bad[2], bad[3]));
    }
  }

  @Test
  void countsAreWholeNumbersUnlessTheyAreNot() {
    Filter filter = Filter.of(new float[2], 2, 1, 1, 1);
    MemorySegment memory = Arena.ofAuto().allocate(20);
    assertEquals(
        "filter: 2 filters take 2 biases, not 5",
        assertThrows(IllegalArgumentException.class, () -> filter.withBias(memory)).getMessage());
    assertEquals(
        "filter: 2 filters take 2 biases, not 4.5",
        assertThrows(IllegalArgumentException.class, () -> filter.withBias(memory.asSlice(0, 18)))
            .getMessage());
  }

  @Test
  void aClosedArenaIsNamed() {
    Arena arena = Arena.ofConfined();
    MemorySegment memory = arena.allocate(4);
    arena.close();
    assertEquals(
        "filter: the arena of the weights is closed",
        assertThrows(IllegalStateException.class, () -> Filter.of(memory, 1, 1, 1, 1))
            .getMessage());
  }
}
