package dev.tilewise;

/**
 * How a plan's algorithm is chosen.
 *
 * @param algorithm AUTO, or the one that is asked for by name
 * @param tolerance of AUTO, relative to {@code sum |x| |w|}
 * @param coldFilters whether a run finds its filters in memory: AUTO counts with that, and they are
 *     read ahead
 */
record Preferences(Algorithm algorithm, double tolerance, boolean coldFilters) {}
