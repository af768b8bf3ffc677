package dev.tilewise.internal.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;

/** Windows of a strip, term by term, in the order of {@link OutputTile#stacked}. */
@Tag("widths")
class StripStacksTest {

  @Property(tries = 1000)
  void everyTermIsWhereTheTileReadsIt(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int lanes = Lanes.COUNT;
    int length = 1 + random.nextInt(40);
    StripRuns runs = new StripRuns(1 + random.nextInt(8), length, random.nextInt(60), length);
    StripStacks stacks = new StripStacks(runs);
    int height = 4 + random.nextInt(2);
    int count = random.nextInt(4);
    int pitch = random.nextInt(9);
    int aOff = random.nextInt(9);
    int windows = height * count;
    float[] a = new float[aOff + windows * pitch + runs.count() * runs.aStep() + length + lanes];
    for (int i = 0; i < a.length; i++) {
      a[i] = i + 1;
    }
    float[] d = new float[windows * stacks.depth() + lanes];
    stacks.copy(a, aOff, pitch, height, count, d);
    assertEquals(runs.count() * length, stacks.terms());
    for (int w = 0; w < windows; w++) {
      for (int term = 0; term < stacks.terms(); term++) {
        int stack = w / height * height * stacks.depth();
        int at = stack + (term / lanes * height + w % height) * lanes + term % lanes;
        int from = aOff + w * pitch + term / length * runs.aStep() + term % length;
        assertEquals(a[from], d[at], seed + ": window " + w + ", term " + term);
      }
    }
  }
}
