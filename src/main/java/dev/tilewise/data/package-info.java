/**
 * Labelled images: the readers of IDX (MNIST) and CIFAR-10 files, pictures through {@code ImageIO},
 * and a built-in generator of handwritten-like digits.
 *
 * <p>Start with {@link dev.tilewise.data.DatasetFolder} for files and {@link
 * dev.tilewise.data.SyntheticDigits} for data out of nothing; both give {@link
 * dev.tilewise.data.Dataset}. {@link dev.tilewise.data.ImageInput} turns a picture into the input
 * of a network. A damaged or mislabelled file is a {@link dev.tilewise.data.BadDataException} whose
 * message starts with the file. This package depends on no library but the JDK.
 */
package dev.tilewise.data;
