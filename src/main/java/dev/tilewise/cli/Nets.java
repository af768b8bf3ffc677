package dev.tilewise.cli;

import dev.tilewise.Conv2d;
import dev.tilewise.zoo.Zoo;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The networks a command works on. */
final class Nets {

  private static final String ALL = "all";

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--net",
      paramLabel = "NAME",
      completionCandidates = Names.class,
      description = {
        "A network with random weights, one of ${COMPLETION-CANDIDATES}; may be repeated."
      })
  private List<String> names = new ArrayList<>();

  @Option(
      names = "--batch",
      paramLabel = "B",
      description = "Images of a run of --net; default ${DEFAULT-VALUE}.")
  private int batch = 1;

  @Option(
      names = "--tolerance",
      paramLabel = "T",
      description =
          "How far outputs of each convolution of --net may typically be off, relative to the sum of"
              + " |x| |w|; default ${DEFAULT-VALUE}.")
  private double tolerance = Conv2d.DEFAULT_TOLERANCE;

  @Option(
      names = "--profile",
      description = "Print the steps of --net: time, share of the total, share of the FMA peak.")
  private boolean profile;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write the steps of --net as a page with bars.")
  private Path html;

  /** What {@code --net} takes. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      Stream<String> names = StreamSupport.stream(new ExplainCommand.Names().spliterator(), false);
      return Stream.concat(names, Stream.of(ALL)).iterator();
    }
  }

  boolean isEmpty() {
    return names.isEmpty();
  }

  /** Checks the options; what is of no use without a network is refused without one. */
  void require() {
    if (names.isEmpty() && (profile || html != null)) {
      throw new IllegalArgumentException("--profile and --html are for networks: add --net NAME");
    }
    if (names.isEmpty() && (isGiven("--batch") || isGiven("--tolerance"))) {
      throw new IllegalArgumentException(
          "--batch and --tolerance are for networks: add --net NAME, or write the batch into the"
              + " case");
    }
    if (html != null) {
      Outputs.requireWritable(html);
    }
  }

  private boolean isGiven(String option) {
    return spec.commandLine().getParseResult().hasMatchedOption(option);
  }

  boolean isProfiled() {
    return profile;
  }

  /** Where the page goes; null for none. */
  Path html() {
    return html;
  }

  int batch() {
    return Require.positive("--batch", batch);
  }

  double tolerance() {
    return Require.positive("--tolerance", tolerance);
  }

  /** Those asked for, in order. */
  List<Zoo> read() {
    List<Zoo> nets = new ArrayList<>();
    for (String name : names) {
      if (name.equalsIgnoreCase(ALL)) {
        nets.addAll(List.of(Zoo.values()));
      } else {
        nets.add(Zoo.named(name));
      }
    }
    return nets;
  }
}
