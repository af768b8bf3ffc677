package dev.tilewise.cli;

import dev.tilewise.Workers;
import dev.tilewise.data.DatasetFolder;
import dev.tilewise.data.TrainTest;
import dev.tilewise.nn.Network;
import dev.tilewise.train.EpochResult;
import dev.tilewise.train.Sgd;
import dev.tilewise.train.Trainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains the small network on a folder of images. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    description = "Trains a small network on MNIST (idx or idx.gz) or CIFAR-10 (binary) files.")
final class TrainCommand implements Callable<Integer> {

  /** What the learning rate is multiplied by after each epoch. */
  static final float DECAY = 0.7f;

  @Mixin private JsonLines json;

  @Option(names = "--data", required = true, paramLabel = "DIR", description = "The folder.")
  private Path data;

  @Option(names = "--epochs", description = "Default ${DEFAULT-VALUE}.")
  private int epochs = 5;

  @Option(names = "--batch", description = "Images of a batch; default ${DEFAULT-VALUE}.")
  private int batch = 32;

  @Option(names = "--threads", description = "Default ${DEFAULT-VALUE}.")
  private int threads = 1;

  @Option(names = "--lr", description = "Learning rate; default ${DEFAULT-VALUE}.")
  private float rate = 0.02f;

  @Option(names = "--momentum", description = "Default ${DEFAULT-VALUE}.")
  private float momentum = 0.9f;

  @Option(names = "--seed", description = "Default ${DEFAULT-VALUE}.")
  private long seed = 1;

  @Option(names = "--limit-train", description = "Use so many images for training.")
  private int limitTrain;

  @Option(names = "--limit-test", description = "Use so many images for testing.")
  private int limitTest;

  @Option(names = "--save", paramLabel = "FILE", description = "Where the network goes.")
  private Path save;

  @Override
  public Integer call() throws IOException {
    if (epochs < 1) {
      throw new IllegalArgumentException("--epochs must be positive, not " + epochs);
    }
    if (save != null) {
      Outputs.requireFolder(save);
    }
    TrainTest sets = DatasetFolder.open(data, limitTrain, limitTest);
    Network network = Networks.small(sets.train().shape(), sets.train().classNames(), seed);
    try (Workers workers = Workers.of(threads);
        JsonLines lines = json.open()) {
      Trainer trainer =
          Trainer.of(network)
              .optimizer(Sgd.momentum(rate, momentum))
              .learningRateDecay(DECAY)
              .batchSize(batch)
              .workers(workers)
              .seed(seed)
              .listener(new Progress(lines::text, result -> lines.object(object(result))));
      lines.text("training on " + sets.train() + ", testing on " + sets.test());
      lines.text(network.summary());
      trainer.fit(sets.train(), sets.test(), epochs);
      if (save != null) {
        network.save(save);
        lines.text("saved " + save);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return 0;
  }

  private static Map<String, Object> object(EpochResult r) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("epoch", r.epoch());
    object.put("loss", r.loss());
    object.put("train_accuracy", r.trainAccuracy());
    object.put("test_accuracy", r.testAccuracy());
    object.put("seconds", r.seconds());
    object.put("images_per_second", r.imagesPerSecond());
    return object;
  }
}
