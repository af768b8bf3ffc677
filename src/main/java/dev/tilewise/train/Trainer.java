package dev.tilewise.train;

import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import dev.tilewise.internal.random.SplitMix64;
import dev.tilewise.nn.Network;
import dev.tilewise.nn.Training;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Trains a network: epochs of steps over shuffled batches. Every method but {@link #fit} sets
 * something and returns this. Not for use by several threads at once.
 */
public final class Trainer {

  /** Images of one batch when nothing is learned. */
  private static final int EVALUATION_BATCH = 100;

  /**
   * Most classes that {@link #evaluate} counts confusions of: 4 bytes for each pair of classes make
   * 400 MB.
   */
  public static final int MOST_CONFUSED = 10_000;

  private final Network network;
  private Optimizer optimizer = Sgd.momentum(0.01f, 0.9f);
  private SoftmaxCrossEntropy loss = SoftmaxCrossEntropy.mean();
  private int batchSize = 64;
  private Workers workers = Workers.serial();
  private long seed;
  private float decay = 1;
  private TrainingListener listener = new TrainingListener() {};

  private Trainer(Network network) {
    this.network = network;
  }

  /**
   * A trainer with usual settings: momentum 0.9, learning rate 0.01, batches of 64, one thread.
   *
   * @param network whose weights are to change
   * @return a trainer
   */
  public static Trainer of(Network network) {
    return new Trainer(Objects.requireNonNull(network, "network"));
  }

  /**
   * Sets the optimizer.
   *
   * @param rule how weights change
   * @return this
   */
  public Trainer optimizer(Optimizer rule) {
    optimizer = Objects.requireNonNull(rule, "optimizer");
    return this;
  }

  /**
   * Sets the loss.
   *
   * @param function what is to become small
   * @return this
   */
  public Trainer loss(SoftmaxCrossEntropy function) {
    loss = Objects.requireNonNull(function, "loss");
    return this;
  }

  /**
   * Sets the number of images of one step. The last batch of an epoch may be smaller.
   *
   * @param images at least 1
   * @return this
   * @throws IllegalArgumentException if the number is not positive
   */
  public Trainer batchSize(int images) {
    if (images <= 0) {
      throw new IllegalArgumentException("train: batch size must be positive, not " + images);
    }
    batchSize = images;
    return this;
  }

  /**
   * Sets who computes. The result does not depend on it.
   *
   * @param team one thread or several
   * @return this
   */
  public Trainer workers(Workers team) {
    workers = Objects.requireNonNull(team, "workers");
    return this;
  }

  /**
   * Sets the seed of the order of the images.
   *
   * @param value any number
   * @return this
   */
  public Trainer seed(long value) {
    seed = value;
    return this;
  }

  /**
   * Sets what the learning rate is multiplied by after each epoch.
   *
   * @param factor in 0 .. 1; 1 leaves the rate as it is
   * @return this
   * @throws IllegalArgumentException if the factor is outside
   */
  public Trainer learningRateDecay(float factor) {
    if (!(factor >= 0 && factor <= 1)) {
      throw new IllegalArgumentException("train: learning rate decay 0 to 1, not " + factor);
    }
    decay = factor;
    return this;
  }

  /**
   * Sets who hears how it goes.
   *
   * @param ear the listener
   * @return this
   */
  public Trainer listener(TrainingListener ear) {
    listener = Objects.requireNonNull(ear, "listener");
    return this;
  }

  /**
   * Trains.
   *
   * @param train images to learn from
   * @param epochs how often each is seen
   * @return what each epoch brought
   * @throws IllegalArgumentException if there is no image, the images do not fit the network, a
   *     label is no class, or the number of epochs is negative
   * @throws DivergedException if the loss is no longer a number
   */
  public List<EpochResult> fit(Examples train, int epochs) {
    return fit(train, null, epochs);
  }

  /**
   * Trains, and tests after each epoch.
   *
   * @param train images to learn from
   * @param test images to test with; null for none
   * @param epochs how often each training image is seen
   * @return what each epoch brought
   * @throws IllegalArgumentException if there is no image, the images do not fit the network, a
   *     label is no class, or the number of epochs is negative
   * @throws DivergedException if the loss is no longer a number
   */
  public List<EpochResult> fit(Examples train, Examples test, int epochs) {
    Objects.requireNonNull(train, "train");
    if (epochs < 0) {
      throw new IllegalArgumentException("train: epochs must not be negative, not " + epochs);
    }
    requireFit(network, train);
    if (test != null) {
      requireFit(network, test);
    }
    List<EpochResult> results = new ArrayList<>();
    SplitMix64 random = new SplitMix64(seed);
    Steps steps = new Steps(train);
    for (int epoch = 1; epoch <= epochs; epoch++) {
      EpochResult result = steps.epoch(epoch, random.permutation(train.size()), test);
      results.add(result);
      listener.epoch(result);
      optimizer.learningRate(optimizer.learningRate() * decay);
    }
    return results;
  }

  /** The steps over one set of examples. */
  private final class Steps {
    private final Examples examples;
    private final Batch full;
    private final Training training;
    private final Batch rest;
    private final Training restTraining;

    Steps(Examples examples) {
      this.examples = examples;
      int size = Math.min(batchSize, examples.size());
      full = new Batch(examples, size);
      training = network.training(size);
      int left = examples.size() % size;
      rest = left == 0 ? null : new Batch(examples, left);
      restTraining = left == 0 ? null : network.training(left);
    }

    EpochResult epoch(int epoch, int[] order, Examples test) {
      long start = System.nanoTime();
      int batches = (order.length + full.size() - 1) / full.size();
      double total = 0;
      int right = 0;
      for (int b = 0; b < batches; b++) {
        boolean last = b == batches - 1 && rest != null;
        Batch batch = last ? rest : full;
        Training passes = last ? restTraining : training;
        batch.fill(order, b * full.size());
        Tensor scores = passes.forward(batch.images(), workers);
        double value = loss.loss(scores, batch.labels(), passes.gradient());
        requireNumber(value, epoch, b + 1);
        right += batch.countRight(scores, null);
        passes.backward(workers);
        optimizer.step(network.parameters(), workers);
        total += value;
        listener.batch(epoch, b + 1, batches, value);
      }
      double seconds = (System.nanoTime() - start) * 1e-9;
      double accuracy = test == null ? Double.NaN : accuracy(test);
      int size = examples.size();
      return new EpochResult(
          epoch, total / batches, (double) right / size, accuracy, seconds, size / seconds);
    }

    private double accuracy(Examples test) {
      // No confusions: they would take memory, of many classes more than there is.
      return count(network, test, workers, null).accuracy();
    }

    private void requireNumber(double value, int epoch, int batch) {
      if (!Double.isFinite(value)) {
        throw new DivergedException(
            "train: the loss is "
                + value
                + " in epoch "
                + epoch
                + ", batch "
                + batch
                + "; lower the learning rate, which is "
                + optimizer.learningRate());
      }
    }
  }

  /**
   * Counts what a network gets right.
   *
   * @param network to be tested
   * @param examples labelled images
   * @param workers who computes
   * @return accuracy, loss and confusion
   * @throws IllegalArgumentException if there is no image, the images do not fit the network, a
   *     label is no class, or there are more than {@link #MOST_CONFUSED} classes
   */
  public static Evaluation evaluate(Network network, Examples examples, Workers workers) {
    Objects.requireNonNull(network, "network");
    Objects.requireNonNull(examples, "examples");
    Objects.requireNonNull(workers, "workers");
    requireFit(network, examples);
    long classes = network.outputShape().elements();
    if (classes > MOST_CONFUSED) {
      throw new IllegalArgumentException(
          "train: confusions are counted of at most "
              + MOST_CONFUSED
              + " classes, not of "
              + classes);
    }
    return count(network, examples, workers, new int[(int) classes][(int) classes]);
  }

  private static Evaluation count(
      Network network, Examples examples, Workers workers, int[][] confusion) {
    int[] order = new int[examples.size()];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    double total = 0;
    int right = 0;
    for (int first = 0; first < order.length; ) {
      Batch batch = new Batch(examples, Math.min(EVALUATION_BATCH, order.length - first));
      batch.fill(order, first);
      Tensor scores = network.forward(batch.images(), workers);
      total += SoftmaxCrossEntropy.sum().loss(scores, batch.labels(), null);
      right += batch.countRight(scores, confusion);
      first += batch.size();
    }
    return new Evaluation((double) right / order.length, total / order.length, confusion);
  }

  private static void requireFit(Network network, Examples examples) {
    if (examples.size() <= 0) {
      throw new IllegalArgumentException("train: there is no image");
    }
    Shape image = examples.shape();
    if (!image.equals(network.inputShape())) {
      throw new IllegalArgumentException(
          "train: the images are " + image + " but the network takes " + network.inputShape());
    }
    long classes = network.outputShape().elements();
    for (int i = 0; i < examples.size(); i++) {
      if (examples.label(i) < 0 || examples.label(i) >= classes) {
        throw new IllegalArgumentException(
            "train: image "
                + i
                + " has label "
                + examples.label(i)
                + " but the network has "
                + classes
                + " outputs");
      }
    }
  }
}
