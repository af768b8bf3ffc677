package dev.tilewise.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class GraphFamilyTest {

  private int traced;

  private Graph doubled(Dims input) {
    traced++;
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("x", input);
    return b.output(b.add(x, x)).build();
  }

  private final GraphFamily<RuntimeException> family =
      new GraphFamily<>(this::doubled, CompileOptions.fastest());

  @Test
  void eachExtentIsCompiledOnce() {
    CompiledGraph one = family.at(Dims.of(1, 3));
    CompiledGraph two = family.at(Dims.of(2, 3));
    assertSame(one, family.at(Dims.of(1, 3)));
    assertSame(two, family.at(Dims.of(2, 3)));
    assertEquals(2, traced);
    assertEquals(6, two.run(1, 2, 3, 4, 5, 3)[2]);
  }

  @Test
  void theOneNotUsedLongestIsForgotten() {
    CompiledGraph first = family.at(Dims.of(1));
    CompiledGraph second = family.at(Dims.of(2));
    for (int i = 3; i <= 4; i++) {
      family.at(Dims.of(i));
    }
    assertSame(first, family.at(Dims.of(1)));
    family.at(Dims.of(5));
    assertSame(first, family.at(Dims.of(1)));
    assertNotSame(second, family.at(Dims.of(2)));
  }

  @Test
  void whatTheSourceThrowsIsThrown() {
    GraphFamily<IllegalStateException> none =
        new GraphFamily<>(
            input -> {
              throw new IllegalStateException("no " + input);
            },
            CompileOptions.plain());
    assertEquals(
        "no 1x2",
        assertThrows(IllegalStateException.class, () -> none.at(Dims.of(1, 2))).getMessage());
  }
}
