package dev.tilewise.graph;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A text of words and numbers with a space between any two, read from the left. */
final class Words {

  private static final String NAN = "NaN#";

  private final String text;
  private int at;

  Words(String text) {
    this.text = text;
  }

  /** A word and numbers. */
  static String of(String word, int... numbers) {
    return word + Arrays.stream(numbers).mapToObj(n -> " " + n).collect(Collectors.joining());
  }

  boolean hasNext() {
    return at <= text.length();
  }

  /** The next word. */
  String next() {
    if (!hasNext()) {
      throw new IllegalArgumentException("\"" + text + "\" ends too early");
    }
    int space = text.indexOf(' ', at);
    int end = space < 0 ? text.length() : space;
    String word = text.substring(at, end);
    at = end + 1;
    return word;
  }

  /** All that has not been read, spaces included; nothing is left then. */
  String rest() {
    String rest = hasNext() ? text.substring(at) : "";
    at = text.length() + 1;
    return rest;
  }

  int integer() {
    String word = next();
    try {
      return Integer.parseInt(word);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "\"" + word + "\" in \"" + text + "\" is no 32-bit integer", e);
    }
  }

  /** A float as {@link #real} reads it: NaN with its bits, as {@code NaN#ffc00000}. */
  static String of(float value) {
    return Float.isNaN(value)
        ? NAN + Integer.toHexString(Float.floatToRawIntBits(value))
        : Float.toString(value);
  }

  float real() {
    String word = next();
    try {
      if (word.startsWith(NAN)) {
        return Float.intBitsToFloat(Integer.parseUnsignedInt(word.substring(NAN.length()), 16));
      }
      return Float.parseFloat(word);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("\"" + word + "\" in \"" + text + "\" is no number", e);
    }
  }

  int[] integers(int count) {
    int[] numbers = new int[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = integer();
    }
    return numbers;
  }

  /** All integers that are left. */
  int[] integers() {
    IntStream.Builder numbers = IntStream.builder();
    while (hasNext()) {
      numbers.add(integer());
    }
    return numbers.build().toArray();
  }

  /** Extents, as {@link Dims#toString} writes them. */
  Dims dims() {
    String word = next();
    return word.equals("scalar")
        ? Dims.of()
        : Dims.of(new Words(word.replace('x', ' ')).integers());
  }

  /**
   * Everything must have been read.
   *
   * @throws IllegalArgumentException if something is left
   */
  void requireEnd() {
    if (hasNext()) {
      throw new IllegalArgumentException("\"" + rest() + "\" is too much in \"" + text + "\"");
    }
  }
}
