package dev.tilewise.train;

import dev.tilewise.Layout;
import dev.tilewise.Tensor;
import java.lang.foreign.Arena;

/** Memory for some examples at a time, and their labels. */
final class Batch {

  private final Examples examples;
  private final float[] pixels;
  private final int[] labels;
  private final Tensor images;

  Batch(Examples examples, int size) {
    this.examples = examples;
    labels = new int[size];
    images = Tensor.allocate(Arena.ofAuto(), examples.shape().withBatch(size), Layout.NHWC);
    pixels = new float[Math.toIntExact(images.shape().elements())];
  }

  int size() {
    return labels.length;
  }

  /** Takes the examples {@code order[first], order[first + 1], ...}. */
  void fill(int[] order, int first) {
    int length = pixels.length / labels.length;
    for (int i = 0; i < labels.length; i++) {
      int example = order[first + i];
      examples.pixels(example, pixels, i * length);
      labels[i] = examples.label(example);
    }
    images.copyFrom(pixels, Layout.NHWC);
  }

  Tensor images() {
    return images;
  }

  int[] labels() {
    return labels;
  }

  /**
   * Counts the samples whose largest score is the label's. Scores of which one is NaN have no
   * largest: they are wrong, and in no answer's column.
   *
   * @param scores of this batch
   * @param confusion where label and answer are counted; null if they need not be
   */
  int countRight(Tensor scores, int[][] confusion) {
    float[] all = scores.toArray(Layout.NCHW);
    int classes = all.length / labels.length;
    int right = 0;
    for (int n = 0; n < labels.length; n++) {
      int answer = answer(all, n * classes, classes);
      right += answer == labels[n] ? 1 : 0;
      if (confusion != null && answer >= 0) {
        confusion[labels[n]][answer]++;
      }
    }
    return right;
  }

  /** The class of the largest score, the first of equal ones; -1 if a score is NaN. */
  private static int answer(float[] scores, int from, int classes) {
    int answer = 0;
    for (int k = 0; k < classes; k++) {
      if (Float.isNaN(scores[from + k])) {
        return -1;
      }
      answer = scores[from + k] > scores[from + answer] ? k : answer;
    }
    return answer;
  }
}
