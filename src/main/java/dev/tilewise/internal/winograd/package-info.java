/**
 * Winograd's short convolutions: transforms as exact fractions, proved when they are made, and the
 * vector codelets that compute them. Start with {@link dev.tilewise.internal.winograd.Transform};
 * the loops around the codelets are in {@code internal.conv}.
 */
package dev.tilewise.internal.winograd;
