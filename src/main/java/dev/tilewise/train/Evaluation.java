package dev.tilewise.train;

/**
 * How well a network does on labelled images.
 *
 * @param accuracy share of the images whose largest score is the label's; of equal scores the first
 *     counts; scores of which one is NaN are wrong
 * @param loss mean cross-entropy
 * @param confusion {@code confusion[label][answer]}: how many images of a class got which answer;
 *     images with a NaN score got none
 */
public record Evaluation(double accuracy, double loss, int[][] confusion) {}
