package dev.tilewise.cli;

import dev.tilewise.train.DivergedException;
import dev.tilewise.train.EpochResult;
import dev.tilewise.train.TrainingListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.function.Consumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;

/** Shows training: a progress bar on a terminal, and in any case a line for each epoch. */
final class Progress implements TrainingListener {

  /** Keeps the results. */
  interface Results {
    void add(EpochResult result) throws IOException;
  }

  /** So many times the loss of guessing is no learning. */
  private static final double DIVERGED = 10;

  private final int classes;
  private final Consumer<String> lines;
  private final Results results;
  private ProgressBar bar;

  /**
   * Prepares.
   *
   * @param classes that are told apart
   * @param lines receives a line for each epoch
   * @param results receives the same as numbers
   */
  Progress(int classes, Consumer<String> lines, Results results) {
    this.classes = classes;
    this.lines = lines;
    this.results = results;
  }

  @Override
  public void batch(int epoch, int batch, int batches, double loss) {
    if (System.console() == null || !System.console().isTerminal()) {
      return;
    }
    if (bar == null) {
      bar =
          new ProgressBarBuilder()
              .setTaskName("epoch " + epoch)
              .setInitialMax(batches)
              .setUpdateIntervalMillis(200)
              .build();
    }
    bar.step();
    bar.setExtraMessage(String.format(Locale.ROOT, "loss %.3f", loss));
  }

  @Override
  public void epoch(EpochResult r) {
    if (bar != null) {
      bar.close();
      bar = null;
    }
    lines.accept(
        String.format(
            Locale.ROOT,
            "epoch %2d  loss %s  training %6.2f %%  test %6.2f %%  %5.1f s  %6.0f images/s",
            r.epoch(),
            loss(r.loss()),
            100 * r.trainAccuracy(),
            100 * r.testAccuracy(),
            r.seconds(),
            r.imagesPerSecond()));
    try {
      results.add(r);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (r.loss() > DIVERGED * Math.log(classes)) {
      throw new DivergedException(
          String.format(Locale.ROOT, "train: the loss is %.3g in epoch %d", r.loss(), r.epoch()));
    }
  }

  /** As wide for large numbers as for the usual ones. */
  private static String loss(double loss) {
    return String.format(Locale.ROOT, loss < 100 ? "%7.4f" : "%7.1e", loss);
  }
}
