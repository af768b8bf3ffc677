/**
 * Files of plain arrays: {@link dev.tilewise.format.Safetensors} for the weights of whole networks,
 * {@link dev.tilewise.format.Npy} and {@link dev.tilewise.format.Npz} for arrays that NumPy wrote
 * or will read.
 *
 * <p>Nothing in a file is believed before it is checked against the size of the file, and a file
 * that is missing, damaged or of another kind is a {@link dev.tilewise.format.FormatException}
 * whose message is one line and starts with the file. This package depends on the JDK alone;
 * networks and readers of data sets stand on it.
 */
package dev.tilewise.format;
