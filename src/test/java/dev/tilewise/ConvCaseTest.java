package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.domains.Domain;

class ConvCaseTest {

  @Property(tries = 1000)
  @Domain(ConvCases.class)
  void theStringReadsBackAsTheCase(@ForAll ConvCase extents) {
    assertEquals(extents, ConvCase.parse(extents.toString()));
    String spread = extents.toString().replaceAll("(?<=\\d)(?=[a-z]\\d)(?!x)", " ").toUpperCase();
    assertEquals(extents, ConvCase.parse(" " + spread.replaceAll(" X", "X") + "\n"));
  }

  @Example
  void whatIsLeftOutHasItsUsualValue() {
    assertEquals(
        new ConvCase(1, 3, 8, 9, 4, 1, 3, 3, 1, 1, 0, 0, 0, 0, 1, 1),
        ConvCase.parse("c3h8w9 k4f3"));
  }

  @Example
  void theUsualCaseIsWrittenShort() {
    assertEquals("n1c256h56w56 k256f3s1p1", write("n1c256h56w56k256f3s1p1"));
    assertEquals("n1c256h56w56 k64f1", write("n1c256h56w56 k64f1x1s1p0d1g1"));
    assertEquals("n2c4h8w8 k8g2f3s2", write("n2c4h8w8 g2k8 s2 f3"));
    assertEquals("n1c4h9w9 k8f3d2", write("c4h9w9k8f3d2"));
  }

  @Example
  void rectanglesAreWrittenWithAnX() {
    ConvCase e = ConvCase.parse("n1c2h10w20 k3f1x7s2x1p3x4d1x2");
    assertEquals(new ConvCase(1, 2, 10, 20, 3, 1, 1, 7, 2, 1, 3, 4, 3, 4, 1, 2), e);
    assertEquals("n1c2h10w20 k3f1x7s2x1p3x4d1x2", e.toString());
  }

  @Example
  void fourPaddingsAreTopLeftBottomRight() {
    ConvCase e = ConvCase.parse("n1c2h10w20 k3f3p1x2x3x4");
    assertEquals(1, e.pt());
    assertEquals(2, e.pl());
    assertEquals(3, e.pb());
    assertEquals(4, e.pr());
    assertEquals("n1c2h10w20 k3f3s1p1x2x3x4", e.toString());
  }

  private static String write(String text) {
    return ConvCase.parse(text).toString();
  }

  @Example
  void badStringsAreRejectedWithTheReason() {
    rejected("", "cannot read \"\"", "there is no");
    rejected("hello", "cannot read \"hello\"");
    rejected("c3h8w9 k4", "there is no \"f\"");
    rejected("h8w9 k4f3", "there is no \"c\"");
    rejected("n1c64h56w56", "there is no \"f\" and no \"k\"");
    rejected("c3h8w9 k4f3q5", "cannot read \"q5\"");
    rejected("c3h8w9 k4f3f3", "cannot read \"f3\"");
    rejected("c3h8w9 k4f3 p1x2x3", "\"p\" has 3 values");
    rejected("c3h8w9 k4f3x3x3", "\"f\" has 3 values");
    rejected("c3x4h8w9 k4f3", "\"c\" has 2 values");
    rejected("c3h8w9 k4f3p1x1x1x1x1", "\"p\" has 5 values");
    rejected("c3h8w9 k4f99999999999", "99999999999 is too large");
    rejected("c3h8w9 k4f-3", "cannot read");
    rejected("c3h8w9 k4f3.5", "cannot read \".5\"");
    rejected("c3h8w9 k4f3x", "cannot read \"x\"");
    rejected("c3,h8,w9,k4,f3", "cannot read");
    rejected("c\u0663h8w9 k4f3", "cannot read");
  }

  private static void rejected(String text, String... anyOf) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> ConvCase.parse(text)).getMessage();
    assertTrue(message.startsWith("case \"" + text + "\": "), message);
    assertTrue(message.endsWith("; write it like n1c256h56w56 k256f3s1p1"), message);
    boolean reason = false;
    for (String one : anyOf) {
      reason |= message.contains(one);
    }
    assertTrue(reason, message);
  }

  @Example
  void numbersThatMakeNoConvolutionAreRejected() {
    invalid("c3h8w9 k0f3", "0");
    invalid("c0h8w9 k1f3", "0");
    invalid("c3h8w9 k4f3s0", "the stride must be positive, not 0");
    invalid("c3h8w9 k4f3s2x0", "the stride must be positive, not 2x0");
    invalid("c3h8w9 k4f3d0", "the dilation must be positive, not 0");
    invalid("c3h8w9 k4g0f3", "the number of groups must be positive, not 0");
    invalid("c4h8w9 k6g4f3", "4 groups", "4 channels", "6 filters");
    invalid("c3h8w9 k6g2f3", "2 groups", "3 channels");
    invalid("c3h4w9 k6f5", "height 5", "4");
    invalid("c3h9w4 k6f5", "width 5", "4");
    invalid("c3h9w4 k6f3d2", "width 5 (3 with dilation 2)", "4");
    invalid("c3h3w9 k6f7p1x1", "height 7", "5 (3+1+1)");
    invalid("c65536h1w1 k1f1x65536p0x65535", "65536", "2^30");
    invalid("n65536c65536h65536w65536 k1f1", "65536");
    invalid("c1h1w1 k1f1p2147483647x0", "2147483647");
  }

  private static void invalid(String text, String... parts) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> ConvCase.parse(text)).getMessage();
    for (String part : parts) {
      assertTrue(message.contains(part), message);
    }
  }

  @Example
  void theOutputOfAHugePaddingIsCountedOrRejected() {
    // 2^31 - 2 rows of output from one row of input.
    ConvCase tall = ConvCase.parse("c1h1w1 k1f1p1073741823x0x1073741822x0");
    assertEquals(Integer.MAX_VALUE - 1, tall.oh());
    assertThrows(
        IllegalArgumentException.class, () -> ConvCase.parse("n1048576c1h1w1 k1048576f1p1048576"));
  }

  @Example
  void negativePaddingIsRejected() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new ConvCase(1, 1, 8, 8, 1, 1, 3, 3, 1, 1, 0, -1, 0, 0, 1, 1));
  }

  @Example
  void theFloorLeavesTrailingRowsUnused() {
    ConvCase e = ConvCase.parse("c1h10w11 k1f3s2");
    assertEquals(4, e.oh());
    assertEquals(5, e.ow());
    assertEquals(4 * 5 * 9, e.macs());
    assertEquals(Shape.nchw(1, 1, 4, 5), e.output());
  }

  @Example
  void multiplyAddsAreLongs() {
    ConvCase e = ConvCase.parse("n128c512h224w224 k512g2f3p1");
    assertEquals(128L * 224 * 224 * 512 * 256 * 9, e.macs());
    assertEquals(Long.MAX_VALUE, ConvCase.parse("n1c1048576h1024w1024 k1048576f3p1").macs());
    assertEquals(256, e.groupC());
  }
}
