package dev.tilewise.data;

import java.util.Arrays;
import java.util.List;

/**
 * One way to write a digit: strokes through control points in a box about 70 wide and 100 high, x
 * to the right and y downwards.
 *
 * @param strokes in the order of writing
 */
record Glyph(List<Stroke> strokes) {
  /**
   * One movement of the pen.
   *
   * @param x where it passes
   * @param y where it passes
   * @param corner the points at which it changes direction sharply instead of curving
   */
  record Stroke(double[] x, double[] y, boolean[] corner) {}

  /**
   * The ways to write each digit. A stroke is a list of {@code x,y} points, {@code !} marks a
   * corner, {@code /} lifts the pen.
   */
  private static final String[][] WRITTEN = {
    {
      "40,2 20,10 6,42 10,82 34,98 58,84 65,48 56,14 34,5",
      "46,8 26,4 8,28 5,64 20,96 46,94 64,64 60,24 42,4 28,10",
      "34,2 16,22 10,56 20,90 38,97 54,76 58,40 48,10 32,3",
      "30,6 10,20 2,50 12,84 36,97 60,86 70,54 62,20 40,4 24,8"
    },
    {
      "35,2 34,50 33,98",
      "36,2 35,30 35,70 36,98",
      "38,3 34,50 32,97",
      "18,24 38,2! 37,50 37,98",
      "14,30 28,18 40,2! 38,50 36,98",
      "18,22 38,2! 37,50 37,97 / 14,97 36,96 60,97"
    },
    {
      "8,24 20,6 42,3 58,20 50,46 28,74 6,96! 34,93 66,95",
      "6,22 26,4 50,8 58,30 42,60 20,88 8,92 8,80 20,78 42,92 66,94",
      "10,14 30,4 54,10 56,30 34,62 6,97! 36,96 68,96",
      "10,28 16,8 38,2 56,16 52,42 34,68 10,92! 30,86 48,94 68,90",
      "4,30 20,12 44,12 54,28 40,58 12,84 4,90 10,78 30,80 56,90 80,84",
      "14,20 32,3 50,12 46,40 12,88! 40,90 76,86"
    },
    {
      "8,14 28,3 52,10 52,30 28,46! 56,56 62,78 38,98 6,88",
      "8,12 32,2 54,16 46,38 28,46 24,49 30,50 54,58 60,80 38,98 6,88",
      "8,5 32,4 58,4! 28,42! 54,50 62,74 42,96 8,90",
      "12,10 38,3 54,20 34,44! 54,48 66,68 52,92 26,98 4,86",
      "14,18 30,4 50,14 34,38 20,46! 44,48 52,68 36,90 2,97"
    },
    {
      "16,4 12,30 6,56! 34,54 66,52 / 52,10 50,54 46,98",
      "46,2 26,34 4,66! 36,65 68,64 / 47,2 47,50 46,98",
      "8,6 6,36 16,52 42,52 56,38 / 60,4 55,50 50,98",
      "50,3 28,32 6,60! 38,62 68,58 / 54,34 50,66 46,98",
      "12,6 10,28 10,50! 34,52 58,48 / 58,6 56,50 57,98"
    },
    {
      "14,6 12,24 10,42! 34,36 58,50 58,78 36,98 6,90 / 14,6 38,5 62,4",
      "60,4 38,5 16,6! 13,26 10,44! 36,38 60,54 56,82 32,98 4,88",
      "60,6 26,7 14,24 20,42 44,52 58,70 46,94 22,98 4,88",
      "20,6 16,24 12,42! 40,38 60,58 50,88 24,97 2,88 / 22,8 44,8 68,3"
    },
    {
      "50,3 26,24 10,58 14,88 36,98 56,84 54,62 34,56 12,70",
      "34,2 16,40 7,74 22,97 46,92 54,70 38,58 18,66 8,80",
      "58,10 42,2 20,18 7,54 12,88 34,98 56,86 58,66 42,56 20,62 9,78",
      "44,2 30,24 18,52 12,78 24,97 44,94 52,78 42,66 26,70 14,84",
      "40,2 18,30 4,66 20,96 54,94 72,74 58,60 34,70 20,92"
    },
    {
      "6,8 34,7 62,6! 42,50 26,98",
      "6,8 34,7 62,5! 42,50 28,98 / 18,52 40,51 62,49",
      "8,22 9,7! 36,7 62,6! 44,44 30,98",
      "6,14 26,6 46,9 64,6! 46,36 36,68 34,98",
      "8,9 34,8 60,6! 54,50 50,98",
      "4,24 14,10 40,12 62,6 56,30 40,60 32,98",
      "2,12 34,9 70,8! 54,34 44,70 42,98 / 28,56 50,54 76,48"
    },
    {
      "54,14 34,2 14,14 18,34 38,48 58,64 60,84 36,98 10,86 12,66 34,48 54,32 56,14",
      "34,2 15,12 14,34 34,46 54,34 53,12 34,2 / 34,46 10,58 8,86 34,98 60,86 58,58 34,46",
      "58,10 40,2 18,10 16,30 40,48 58,68 54,92 32,98 10,84 14,64 38,46 60,18",
      "30,46 14,30 20,8 40,3 54,18 44,38 20,60 10,82 28,98 54,92 60,70 44,54 30,46",
      "62,6 36,4 18,18 30,40 46,60 44,86 26,98 12,86 22,64 46,36 62,8"
    },
    {
      "56,18 40,4 16,8 7,30 20,47 42,44 57,20! 55,60 52,98",
      "56,20 40,4 14,8 6,30 20,48 44,42 56,20! 58,60 46,90 16,97",
      "52,30 34,48 11,42 9,16 32,3 52,12 54,36 48,68 38,98",
      "50,8 26,4 8,24 16,46 40,44 54,12! 46,56 32,98",
      "62,12 34,4 8,26 20,46 48,34 60,14! 54,56 56,97"
    }
  };

  private static final Glyph[][] DIGITS =
      Arrays.stream(WRITTEN)
          .map(ways -> Arrays.stream(ways).map(Glyph::parse).toArray(Glyph[]::new))
          .toArray(Glyph[][]::new);

  /** How many ways there are to write a digit. */
  static int ways(int digit) {
    return DIGITS[digit].length;
  }

  static Glyph of(int digit, int way) {
    return DIGITS[digit][way];
  }

  private static Glyph parse(String written) {
    return new Glyph(Arrays.stream(written.split(" / ")).map(Glyph::parseStroke).toList());
  }

  private static Stroke parseStroke(String written) {
    String[] points = written.split(" ");
    Stroke stroke =
        new Stroke(
            new double[points.length], new double[points.length], new boolean[points.length]);
    for (int i = 0; i < points.length; i++) {
      String[] xy = points[i].replace("!", "").split(",");
      stroke.x[i] = Integer.parseInt(xy[0]);
      stroke.y[i] = Integer.parseInt(xy[1]);
      stroke.corner[i] = points[i].endsWith("!");
    }
    return stroke;
  }
}
