/**
 * Leaf loops over plain memory: the matrix tiles, epilogues, copies. Only {@code internal.conv} and
 * its siblings call them. Every kernel states its contract, guards its memory kind first, and
 * allocates nothing. Start with {@link dev.tilewise.internal.kernel.Tile}.
 */
package dev.tilewise.internal.kernel;
