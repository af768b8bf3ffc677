package dev.tilewise.data;

import java.util.Objects;

/**
 * Images to learn from and images to be judged by.
 *
 * @param train the training images
 * @param test the test images, of the same extents and classes
 */
public record TrainTest(Dataset train, Dataset test) {
  /**
   * Checks that both halves are of one kind.
   *
   * @throws IllegalArgumentException if extents or class names differ
   */
  public TrainTest {
    Objects.requireNonNull(train, "train");
    Objects.requireNonNull(test, "test");
    if (!train.extents().equals(test.extents())) {
      throw new IllegalArgumentException(
          "training images are %s but test images are %s"
              .formatted(train.extents(), test.extents()));
    }
    if (!train.classNames().equals(test.classNames())) {
      throw new IllegalArgumentException(
          "training and test images have different classes: %s and %s"
              .formatted(train.classNames(), test.classNames()));
    }
  }
}
