package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ActivationTest {

  private static final float INFINITY = Float.POSITIVE_INFINITY;

  @Test
  void reluCutsAtZero() {
    assertEquals(0, Activation.RELU.apply(-3));
    assertEquals(3, Activation.RELU.apply(3));
    assertEquals(INFINITY, Activation.RELU.apply(INFINITY));
    assertEquals(0, Activation.RELU.apply(-INFINITY));
  }

  @Test
  void relu6SaturatesAtSix() {
    assertEquals(6, Activation.RELU6.apply(7));
    assertEquals(5.5f, Activation.RELU6.apply(5.5f));
    assertEquals(6, Activation.RELU6.apply(INFINITY));
  }

  @Test
  void identityChangesNoBit() {
    for (int bits : new int[] {0x8000_0000, 0x7F80_0000, 0xFF80_0000, 1, 0x7F7F_FFFF}) {
      float value = Float.intBitsToFloat(bits);
      assertEquals(bits, Float.floatToRawIntBits(Activation.IDENTITY.apply(value)));
    }
    assertTrue(Activation.IDENTITY.isIdentity());
    assertTrue(Activation.clamp(-INFINITY, INFINITY).isIdentity());
    assertFalse(Activation.RELU.isIdentity());
  }

  @Test
  void nanPasses() {
    for (Activation a :
        new Activation[] {Activation.RELU, Activation.RELU6, Activation.clamp(1, 1)}) {
      assertTrue(Float.isNaN(a.apply(Float.NaN)), a.toString());
    }
  }

  @Test
  void aZeroAtALimitKeepsItsSign() {
    int negativeZero = Float.floatToRawIntBits(-0f);
    assertEquals(negativeZero, Float.floatToRawIntBits(Activation.RELU.apply(-0f)));
    assertEquals(0, Float.floatToRawIntBits(Activation.clamp(-1, -0f).apply(0f)));
    assertEquals(negativeZero, Float.floatToRawIntBits(Activation.clamp(-0f, 1).apply(-2)));
  }

  @Test
  void aClampOfOnePointIsAConstant() {
    assertEquals(2.5f, Activation.clamp(2.5f, 2.5f).apply(-100));
    assertEquals(2.5f, Activation.clamp(2.5f, 2.5f).apply(100));
  }

  @Test
  void anUpsideDownClampIsRejected() {
    assertEquals(
        "activation: clamp needs lo <= hi and no NaN, not lo=2.0 hi=1.0",
        assertThrows(IllegalArgumentException.class, () -> Activation.clamp(2, 1)).getMessage());
  }

  @Test
  void aLimitThatIsNaNIsRejected() {
    assertThrows(IllegalArgumentException.class, () -> Activation.clamp(Float.NaN, 1));
    assertThrows(IllegalArgumentException.class, () -> Activation.clamp(1, Float.NaN));
    assertThrows(IllegalArgumentException.class, () -> new Activation(Float.NaN, Float.NaN));
  }

  @Test
  void theStringIsTheUsualName() {
    assertEquals("identity", Activation.IDENTITY.toString());
    assertEquals("relu", Activation.RELU.toString());
    assertEquals("relu6", Activation.RELU6.toString());
    assertEquals("clamp[-1.0, 2.0]", Activation.clamp(-1, 2).toString());
  }
}
