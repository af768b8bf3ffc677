package dev.tilewise;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The letters of a case string, with the numbers behind each: {@code c256}, {@code f1x7}. */
final class Letters {

  /** More numbers than any letter takes, but not any number: each costs the matcher a call. */
  private static final Pattern TOKEN = Pattern.compile("([a-z])(\\d+(?:x\\d+){0,9})");

  private final String what;
  private final String text;
  private final String example;
  private final int[][] given = new int[128][];

  /**
   * No letters yet.
   *
   * @param what the text describes
   * @param text the whole, for messages
   * @param example of a text, for messages
   */
  Letters(String what, String text, String example) {
    this.what = what;
    this.text = Objects.requireNonNull(text, "text");
    this.example = example;
  }

  /** Reads letters without a space between them, each of those allowed, and once at most. */
  void read(String word, String allowed) {
    Matcher token = TOKEN.matcher(word);
    int at = 0;
    while (token.find() && token.start() == at) {
      char letter = token.group(1).charAt(0);
      if (allowed.indexOf(letter) < 0 || given[letter] != null) {
        break;
      }
      given[letter] = numbers(token.group(2));
      at = token.end();
    }
    if (at != word.length()) {
      throw wrong("cannot read \"" + word.substring(at) + "\"");
    }
  }

  void require(String letters) {
    List<String> missing = new ArrayList<>();
    for (char letter : letters.toCharArray()) {
      if (given[letter] == null) {
        missing.add("\"" + letter + "\"");
      }
    }
    if (!missing.isEmpty()) {
      throw wrong("there is no " + String.join(" and no ", missing));
    }
  }

  /**
   * The numbers behind a letter: one value stands for all, two for (vertical, horizontal).
   *
   * @param letter which
   * @param absent what it stands for if it is left out
   * @param count how many there are to be
   */
  int[] values(char letter, String absent, int count) {
    int[] numbers = given[letter] == null ? numbers(absent) : given[letter];
    if (numbers.length > count || numbers.length == 3) {
      throw wrong("\"" + letter + "\" has " + numbers.length + " values");
    }
    int[] all = new int[count];
    for (int i = 0; i < count; i++) {
      all[i] = numbers[i % numbers.length];
    }
    return all;
  }

  private int[] numbers(String joined) {
    String[] parts = joined.split("x");
    int[] numbers = new int[parts.length];
    for (int i = 0; i < parts.length; i++) {
      try {
        numbers[i] = Integer.parseInt(parts[i]);
      } catch (NumberFormatException e) {
        throw wrong(parts[i] + " is too large");
      }
    }
    return numbers;
  }

  IllegalArgumentException wrong(String why) {
    return new IllegalArgumentException(
        what + " \"" + text + "\": " + why + "; write it like " + example);
  }
}
