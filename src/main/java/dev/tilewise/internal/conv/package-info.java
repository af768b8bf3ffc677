/**
 * The loops around kernels, one class per algorithm and direction. They know extents and segments,
 * no public type. Start with {@link dev.tilewise.internal.conv.NaiveConvolution}, the definition,
 * then {@link dev.tilewise.internal.conv.DirectForward}.
 */
package dev.tilewise.internal.conv;
