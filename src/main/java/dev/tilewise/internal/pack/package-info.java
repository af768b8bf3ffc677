/**
 * Change of format and nothing else: filter panels, layout conversion, batch normalisation as a
 * factor and a summand.
 */
package dev.tilewise.internal.pack;
