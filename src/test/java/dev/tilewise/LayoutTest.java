package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class LayoutTest {
  @Test
  void thereAreTwo() {
    assertEquals(2, Layout.values().length);
  }
}
