package dev.tilewise.cli;

import dev.tilewise.Algorithm;
import dev.tilewise.ConvCase;
import dev.tilewise.Workers;
import dev.tilewise.data.DatasetFolder;
import dev.tilewise.data.SyntheticDigits;
import dev.tilewise.data.TrainTest;
import dev.tilewise.internal.kernel.FmaPeak;
import dev.tilewise.nn.Network;
import dev.tilewise.train.EpochResult;
import dev.tilewise.train.Evaluation;
import dev.tilewise.train.Sgd;
import dev.tilewise.train.Trainer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What happens without a command: train, test, measure, report. */
final class MainJob {

  private static final int TRAINING_IMAGES = 6_000;
  private static final int TEST_IMAGES = 2_000;
  private static final double SECONDS_PER_CASE = 0.4;
  private static final Path DEFAULT_REPORT = Path.of("target", "tilewise-report.html");
  private static final List<String> CASES =
      List.of(
          "n1c64h56w56 k64f3s1p1",
          "n1c256h14w14 k256f3s1p1",
          "n1c1024h14w14 k256f1",
          "n1c3h227w227 k96f11s4");

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Train on these images instead of the built-in digits.")
  private Path data;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "Where the report is written; default ${DEFAULT-VALUE}.")
  private Path report = DEFAULT_REPORT;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that train; default: all processors, here ${DEFAULT-VALUE}.")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Passes over the training images; default ${DEFAULT-VALUE}.")
  private int epochs = 4;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Chooses digits, first weights and order; default ${DEFAULT-VALUE}.")
  private long seed = 1;

  /**
   * All that the report shows.
   *
   * @param sets images
   * @param network trained
   * @param epochs curves
   * @param test accuracy and confusion on the test images
   * @param timings kernel speeds
   * @param machine facts
   * @param made by what version, when, by how many threads
   */
  record Results(
      TrainTest sets,
      Network network,
      List<EpochResult> epochs,
      Evaluation test,
      List<Timing> timings,
      Map<String, Object> machine,
      String made) {}

  int call() throws IOException {
    Require.positive("--epochs", epochs);
    Require.threads(threads);
    PrintWriter out = spec.commandLine().getOut();
    if (report.equals(DEFAULT_REPORT)) {
      Outputs.createDirectory(report);
    } else {
      Outputs.requireWritable(report);
    }
    TrainTest sets =
        data == null
            ? SyntheticDigits.generate(TRAINING_IMAGES + TEST_IMAGES, seed)
                .split(TRAINING_IMAGES, TEST_IMAGES)
            : DatasetFolder.open(data, 0, 0);
    Network network = Networks.small(sets.train().shape(), sets.train().classNames(), seed);
    try (Workers workers = Workers.of(threads)) {
      if (data != null && DatasetFolder.isSplit(data)) {
        out.println(TrainCommand.split(sets));
      }
      out.println("Training on " + sets.train() + ", testing on " + sets.test() + ".");
      out.println();
      out.println(network.summary());
      List<EpochResult> curves =
          Trainer.of(network)
              .optimizer(Sgd.momentum(0.02f, 0.9f))
              .learningRateDecay(TrainCommand.DECAY)
              .batchSize(32)
              .workers(workers)
              .seed(seed)
              .listener(new Progress(network.classNames().size(), out::println, result -> {}))
              .fit(sets.train(), sets.test(), epochs);
      Evaluation test = Trainer.evaluate(network, sets.test(), workers);
      out.printf(
          Locale.ROOT,
          "%nTest accuracy %.2f %%. Rows: what it is; columns: what the network says.%n%n",
          100 * test.accuracy());
      printConfusion(out, test.confusion(), sets.test().classNames());
      out.println();
      out.println(BenchCommand.header());
      List<Timing> timings = measure(out);
      out.println(BenchCommand.legend());
      Results results =
          new Results(sets, network, curves, test, timings, InfoCommand.facts(), made());
      Report.write(results, report);
      out.println();
      out.println("Report: " + report);
    }
    return 0;
  }

  private String made() throws IOException {
    return String.format(
        "Made by %s on %s: training by %d %s, kernels by one.",
        Tilewise.Version.line(), LocalDate.now(), threads, threads == 1 ? "thread" : "threads");
  }

  private static void printConfusion(PrintWriter out, int[][] confusion, List<String> names) {
    StringBuilder head = new StringBuilder(String.format("%12s", ""));
    for (String name : names) {
      head.append(String.format("%6.5s", name));
    }
    out.println(head);
    for (int row = 0; row < confusion.length; row++) {
      StringBuilder line = new StringBuilder(String.format("%12s", names.get(row)));
      for (int count : confusion[row]) {
        line.append(count == 0 ? "     ." : String.format("%6d", count));
      }
      out.println(line);
    }
  }

  /** What AUTO takes beside direct convolution and the references. */
  private static List<Timing> measure(PrintWriter out) {
    FmaPeak.warmUp();
    Comparison.Settings settings =
        new Comparison.Settings(true, Workers.serial(), SECONDS_PER_CASE);
    List<Timing> timings = new ArrayList<>();
    for (String text : CASES) {
      ConvCase extents = ConvCase.parse(text);
      Set<Algorithm> measured = new LinkedHashSet<>();
      measured.add(Comparison.auto(extents));
      measured.add(Algorithm.DIRECT);
      measured.add(Algorithm.IM2COL);
      // A naive run takes longer than all the rest: the first case shows it.
      if (text.equals(CASES.get(0))) {
        measured.add(Algorithm.NAIVE);
      }
      for (Timing t : Comparison.of(extents, List.copyOf(measured), settings).timings()) {
        timings.add(t);
        out.println(BenchCommand.row(t, ""));
      }
    }
    return timings;
  }
}
