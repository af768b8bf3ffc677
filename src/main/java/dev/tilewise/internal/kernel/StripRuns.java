package dev.tilewise.internal.kernel;

/**
 * The terms of a sum as runs of equal length: those of one filter row each.
 *
 * @param count runs, at least 1
 * @param length terms of a run, at least 1
 * @param aStep from run to run in the staged rows, floats
 * @param bStep from run to run in a panel, terms
 */
public record StripRuns(int count, int length, int aStep, int bStep) {}
