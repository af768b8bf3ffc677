/**
 * Random numbers that are the same on every machine, for initial weights and the order of examples.
 */
package dev.tilewise.internal.random;
