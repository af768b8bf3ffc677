package dev.tilewise.train;

/**
 * How well a network does on labelled images.
 *
 * @param accuracy share of the images whose largest score is the label's; of equal scores the first
 *     counts
 * @param loss mean cross-entropy
 * @param confusion {@code confusion[label][answer]}: how many images of a class got which answer
 */
public record Evaluation(double accuracy, double loss, int[][] confusion) {}
