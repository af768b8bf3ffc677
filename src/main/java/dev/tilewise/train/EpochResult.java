package dev.tilewise.train;

/**
 * What one epoch of training brought.
 *
 * @param epoch from 1
 * @param loss mean loss of the epoch's batches, each before its step
 * @param trainAccuracy share of the training images that were right before the step they took part
 *     in
 * @param testAccuracy share of the test images that are right after the epoch; NaN without a test
 *     set
 * @param seconds of training, without the test
 * @param imagesPerSecond training images over these seconds
 */
public record EpochResult(
    int epoch,
    double loss,
    double trainAccuracy,
    double testAccuracy,
    double seconds,
    double imagesPerSecond) {}
