package dev.tilewise.cli;

/** What options require of their numbers; a refusal names the option that was typed. */
final class Require {

  private static final int MOST_THREADS = 1_024;

  private static final int MOST_SECONDS = 3_600;

  private Require() {}

  static int threads(int threads) {
    if (threads < 1 || threads > MOST_THREADS) {
      throw new IllegalArgumentException(
          "--threads must be from 1 to " + MOST_THREADS + ", not " + threads);
    }
    return threads;
  }

  static int positive(String option, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(option + " must be positive, not " + value);
    }
    return value;
  }

  static double positive(String option, double value) {
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(option + " must be positive, not " + number("" + value));
    }
    return value;
  }

  /** Seconds of a measurement. */
  static double seconds(double seconds) {
    if (!(seconds > 0 && seconds <= MOST_SECONDS)) {
      throw new IllegalArgumentException(
          "--seconds must be more than 0 and at most "
              + MOST_SECONDS
              + ", not "
              + number("" + seconds));
    }
    return seconds;
  }

  /** The value of an option that may be left out: 0 then, which it cannot be otherwise. */
  static int positiveIfGiven(String option, Integer value) {
    return value == null ? 0 : positive(option, value);
  }

  static float learningRate(float rate) {
    if (!(rate >= 0 && rate < Float.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "--lr, the learning rate, must be at least 0 and finite, not " + number("" + rate));
    }
    return rate;
  }

  static float momentum(float momentum) {
    if (!(momentum >= 0 && momentum <= 1)) {
      throw new IllegalArgumentException(
          "--momentum must be from 0 to 1, not " + number("" + momentum));
    }
    return momentum;
  }

  /** As it is typed: 1, not 1.0. */
  static String number(String value) {
    return value.endsWith(".0") ? value.substring(0, value.length() - 2) : value;
  }
}
