package dev.tilewise.cli;

import dev.tilewise.Workers;
import dev.tilewise.data.DatasetFolder;
import dev.tilewise.data.TrainTest;
import dev.tilewise.nn.Network;
import dev.tilewise.train.DivergedException;
import dev.tilewise.train.EpochResult;
import dev.tilewise.train.Sgd;
import dev.tilewise.train.Trainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Trains the small network on a directory of images. */
@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    description = {
      "Trains a small network on MNIST (idx or idx.gz) or CIFAR-10 (binary) files.",
      "Results are printed epoch by epoch, with the accuracy on images it was not trained on."
    })
final class TrainCommand implements Callable<Integer> {

  /** What the learning rate is multiplied by after each epoch. */
  static final float DECAY = 0.7f;

  @Mixin private JsonLines json;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "The directory that holds the images and labels.")
  private Path data;

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Passes over the training images; default ${DEFAULT-VALUE}.")
  private int epochs = 5;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Images of a batch; default ${DEFAULT-VALUE}.")
  private int batch = 32;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that compute; default ${DEFAULT-VALUE}. The result is the same.")
  private int threads = 1;

  @Option(
      names = "--lr",
      paramLabel = "RATE",
      description = "Learning rate of the first epoch; default ${DEFAULT-VALUE}.")
  private float rate = 0.02f;

  @Option(
      names = "--momentum",
      paramLabel = "M",
      description = "How much of the last step is kept, 0 to 1; default ${DEFAULT-VALUE}.")
  private float momentum = 0.9f;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Chooses the first weights and the order of images; default ${DEFAULT-VALUE}.")
  private long seed = 1;

  @Option(
      names = "--limit-train",
      paramLabel = "N",
      description = "Train with the first N images only; default: all.")
  private Integer limitTrain;

  @Option(
      names = "--limit-test",
      paramLabel = "N",
      description = {
        "Test with the first N images only; default: all.",
        "A directory with one set of files only is split: the first images train, the next ones"
            + " test; 80 and 20 %% without limits."
      })
  private Integer limitTest;

  @Option(
      names = "--save",
      paramLabel = "FILE",
      description =
          "Save the trained network to this file, which classify and run read: safetensors if its name"
              + " ends so, a format of its own otherwise.")
  private Path save;

  @Override
  public Integer call() throws IOException {
    Require.positive("--epochs", epochs);
    Require.positive("--batch", batch);
    Require.threads(threads);
    Require.learningRate(rate);
    Require.momentum(momentum);
    int trainImages = Require.positiveIfGiven("--limit-train", limitTrain);
    int testImages = Require.positiveIfGiven("--limit-test", limitTest);
    if (save != null) {
      if (save.toString().toLowerCase(Locale.ROOT).endsWith(".onnx")) {
        throw new IllegalArgumentException(
            "--save writes no ONNX file; let " + save + " end in .tw or .safetensors");
      }
      Outputs.requireReplaceable(save);
      json.requireOther("--save", save);
    }
    TrainTest sets = DatasetFolder.open(data, trainImages, testImages);
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
              .listener(
                  new Progress(
                      sets.train().classNames().size(),
                      lines::text,
                      result -> lines.object(object(result))));
      if (DatasetFolder.isSplit(data)) {
        lines.text(split(sets));
      }
      lines.text("training on " + sets.train() + ", testing on " + sets.test());
      lines.text(network.summary());
      trainer.fit(sets.train(), sets.test(), epochs);
      if (save != null) {
        network.save(save);
        lines.text("saved " + save);
      }
    } catch (DivergedException e) {
      throw new DivergedException(
          e.getMessage().replaceAll("^train: |;.*", "")
              + ": training diverged, try a smaller --lr than "
              + Require.number("" + rate));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return 0;
  }

  /** Tells that the test images are of the same files as the training images. */
  static String split(TrainTest sets) {
    return "one set of files only: the first "
        + sets.train().size()
        + " images train, the next "
        + sets.test().size()
        + " test";
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
