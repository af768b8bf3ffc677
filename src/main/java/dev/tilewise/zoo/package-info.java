/**
 * The classic networks with random weights, to measure and to test with: start with {@link
 * dev.tilewise.zoo.Zoo}. Each is written once, against {@link dev.tilewise.zoo.Layers}; who
 * implements that gets all of them.
 */
package dev.tilewise.zoo;
