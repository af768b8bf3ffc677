package dev.tilewise.internal.plan;

import dev.tilewise.internal.winograd.Codelet;

/**
 * About one and a half times the largest error seen of F(m, r) in two dimensions, relative to
 * {@code sum |x| |w|}, on normal and positive data of 8 to 256 channels (docs/winograd.md). One
 * dimension alone stays below.
 */
final class TypicalErrors {

  private static final double ONE_TAP = 2e-6;

  /** By m from 2 and r from 2 on. */
  private static final double[][] ERRORS = {
    {3.2e-6, 2.5e-6, 2.5e-6, 2.5e-6, 2.8e-6, 4.2e-6, 5e-6, 2e-5}, // F(2, 2) to F(2, 9)
    {2.7e-6, 5.5e-6, 3e-6, 3.2e-6, 2.5e-6, 7e-6, 3e-5}, // F(3, 2) to F(3, 8)
    {5.2e-6, 3e-6, 5e-6, 3e-6, 8e-6, 4e-5}, // F(4, 2) to F(4, 7)
    {4.5e-6, 7.5e-6, 8e-6, 2.2e-5, 3.5e-5}, // F(5, 2) to F(5, 6)
    {1.2e-5, 8e-6, 5.5e-5, 8e-5}, // F(6, 2) to F(6, 5)
  };

  private TypicalErrors() {}

  static double of(Codelet codelet) {
    return codelet.r() == 1 ? ONE_TAP : ERRORS[codelet.m() - 2][codelet.r() - 2];
  }
}
