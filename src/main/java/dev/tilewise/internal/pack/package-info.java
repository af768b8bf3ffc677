/** Change of format and nothing else: filter panels, layout conversion. */
package dev.tilewise.internal.pack;
