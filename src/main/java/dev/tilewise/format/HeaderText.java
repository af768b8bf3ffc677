package dev.tilewise.format;

import java.nio.file.Path;
import java.util.Arrays;

/**
 * A place in the text of a header, which moves forward only. The headers read here are flat, so
 * nothing recurses: the deepest nesting is written out in the code that reads it.
 */
final class HeaderText {

  private static final int QUOTED_LENGTH = 80;

  private final Path file;

  /** Which part of the file the header belongs to, before each message. */
  private final String place;

  private final String text;
  private int at;

  HeaderText(Path file, String place, String text) {
    this.file = file;
    this.place = place;
    this.text = text;
  }

  /** A failure whose reason is not a place in the text. */
  FormatException bad(String problem) {
    return new FormatException(file, place + problem);
  }

  private FormatException expected(String what) {
    String found = at < text.length() ? quoted(String.valueOf(text.charAt(at))) : "its end";
    return bad("header, character %d: expected %s but found %s".formatted(at, what, found));
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
  }

  private void skipSpace() {
    while (at < text.length() && isSpace(text.charAt(at))) {
      at++;
    }
  }

  /** Takes the next character that is no space, if it is this one. */
  boolean accept(char wanted) {
    skipSpace();
    if (at < text.length() && text.charAt(at) == wanted) {
      at++;
      return true;
    }
    return false;
  }

  void expect(char wanted) throws FormatException {
    if (!accept(wanted)) {
      throw expected(quoted(String.valueOf(wanted)));
    }
  }

  void expectEnd() throws FormatException {
    skipSpace();
    if (at < text.length()) {
      throw expected("its end");
    }
  }

  /** Takes a word, if it comes next. */
  boolean acceptWord(String word) {
    skipSpace();
    if (text.startsWith(word, at)) {
      at += word.length();
      return true;
    }
    return false;
  }

  FormatException expectedOneOf(String... words) {
    return expected(String.join(" or ", words));
  }

  /** Decimal digits without a sign or leading zeros, below 2^63. */
  long count() throws FormatException {
    skipSpace();
    int begin = at;
    long value = 0;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      int digit = text.charAt(at) - '0';
      if (value > (Long.MAX_VALUE - digit) / 10) {
        throw bad("header, character %d: a number is 2^63 or more".formatted(begin));
      }
      value = value * 10 + digit;
      at++;
    }
    if (at == begin) {
      throw expected("a whole number of at least 0");
    }
    if (at - begin > 1 && text.charAt(begin) == '0') {
      throw bad("header, character %d: a number starts with 0".formatted(begin));
    }
    return value;
  }

  /** The string of a Python literal, in either kind of quotes, without escapes. */
  String pythonString() throws FormatException {
    skipSpace();
    char quote = at < text.length() ? text.charAt(at) : 0;
    if (quote != '\'' && quote != '"') {
      throw expected("a string in quotes");
    }
    int end = text.indexOf(quote, at + 1);
    if (end < 0) {
      throw bad("header, character %d: the string has no end".formatted(at));
    }
    String value = text.substring(at + 1, end);
    if (value.indexOf('\\') >= 0) {
      throw bad("header, character %d: the string has a backslash".formatted(at));
    }
    at = end + 1;
    return value;
  }

  /** A JSON string (RFC 8259), whose surrogates must come in pairs. */
  String jsonString() throws FormatException {
    expect('"');
    int begin = at;
    StringBuilder value = new StringBuilder();
    while (true) {
      if (at == text.length()) {
        throw bad("header, character %d: the string has no end".formatted(begin - 1));
      }
      char c = text.charAt(at);
      if (c == '"') {
        at++;
        break;
      }
      if (c < ' ') {
        throw expected("no control character in a string");
      }
      at++;
      value.append(c == '\\' ? escaped() : c);
    }
    if (!isWellFormed(value)) {
      throw bad("header, character %d: the string has half a surrogate pair".formatted(begin - 1));
    }
    return value.toString();
  }

  private char escaped() throws FormatException {
    char c = at < text.length() ? text.charAt(at) : 0;
    char value =
        switch (c) {
          case '"', '\\', '/' -> c;
          case 'b' -> '\b';
          case 'f' -> '\f';
          case 'n' -> '\n';
          case 'r' -> '\r';
          case 't' -> '\t';
          case 'u' -> unicode();
          default -> throw expected("one of \"\\/bfnrtu after a backslash");
        };
    at++;
    return value;
  }

  /** The four digits after the u; leaves the place on the last. */
  private char unicode() throws FormatException {
    int value = 0;
    for (int i = 0; i < 4; i++) {
      at++;
      char c = at < text.length() ? text.charAt(at) : 0;
      // Character.digit alone would take digits of other scripts.
      int digit = c < 128 ? Character.digit(c, 16) : -1;
      if (digit < 0) {
        throw expected("a hexadecimal digit");
      }
      value = value * 16 + digit;
    }
    return (char) value;
  }

  static boolean isWellFormed(CharSequence text) {
    return text.codePoints()
        .noneMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
  }

  /** A name from a file, for a message: what is long or unprintable is cut short or replaced. */
  static String quoted(String name) {
    String printable = name.replaceAll("\\R|\\p{Cntrl}", "?");
    return printable.length() <= QUOTED_LENGTH
        ? '"' + printable + '"'
        : '"' + printable.substring(0, QUOTED_LENGTH) + "...\"";
  }

  /** Extents for a message, the first of many. */
  static String described(long[] shape) {
    int shown = 8;
    String text = Arrays.toString(Arrays.copyOf(shape, Math.min(shape.length, shown)));
    return shape.length <= shown ? text : text + "... (%d extents)".formatted(shape.length);
  }

  /**
   * The product of a shape's extents and a factor. An empty shape, too, must have extents whose
   * product fits but for the zeros, so that their order does not matter.
   *
   * @return -1 if an extent is negative, or those that are not 0 overflow
   */
  static long product(long factor, long... shape) {
    long product = factor;
    boolean empty = false;
    for (long extent : shape) {
      if (extent < 0 || product > Long.MAX_VALUE / Math.max(1, extent)) {
        return -1;
      }
      product *= Math.max(1, extent);
      empty |= extent == 0;
    }
    return empty ? 0 : product;
  }
}
