package dev.tilewise;

/**
 * How a plan's algorithm is chosen.
 *
 * @param algorithm AUTO, or the one that is asked for by name
 * @param tolerance of AUTO, relative to {@code sum |x| |w|}
 * @param coldFilters whether AUTO counts with filters that a run finds in memory
 */
record Preferences(Algorithm algorithm, double tolerance, boolean coldFilters) {}
