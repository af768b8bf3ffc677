package dev.tilewise.cli;

import dev.tilewise.Algorithm;
import dev.tilewise.Conv2d;
import dev.tilewise.ConvCase;
import dev.tilewise.Filter;
import dev.tilewise.Layout;
import dev.tilewise.graph.CompileOptions;
import dev.tilewise.graph.Graph;
import dev.tilewise.zoo.Zoo;
import java.io.PrintWriter;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.Iterator;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints what a plan chose and why. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    description = {
      "Prints how a convolution is computed and why not otherwise, or the layers of a network.",
      "Of a network's layers it says what becomes of each when it is compiled."
    })
final class ExplainCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Option(
      names = "--case",
      paramLabel = "C",
      description = "A case such as \"n1c256h56w56 k256f3s1p1\".")
  private String text;

  @Option(
      names = "--net",
      paramLabel = "NAME",
      description = "A network with random weights, one of ${COMPLETION-CANDIDATES}.",
      completionCandidates = Names.class)
  private String net;

  @Option(
      names = "--algorithm",
      paramLabel = "A",
      description = "One of ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}.")
  private Algorithm algorithm = Algorithm.AUTO;

  @Option(
      names = "--layout",
      paramLabel = "L",
      description = "NHWC or NCHW; default ${DEFAULT-VALUE}.")
  private Layout layout = Layout.NHWC;

  @Option(
      names = "--tolerance",
      paramLabel = "T",
      description =
          "How far outputs may typically be off, relative to the sum of |x| |w|; default"
              + " ${DEFAULT-VALUE}.")
  private double tolerance = Conv2d.DEFAULT_TOLERANCE;

  @Override
  public Integer call() {
    Require.positive("--tolerance", tolerance);
    if ((text == null) == (net == null)) {
      throw new IllegalArgumentException(
          "explain takes --case \"n1c256h56w56 k256f3s1p1\" or --net NAME, one of them");
    }
    if (net != null) {
      if (spec.commandLine().getParseResult().hasMatchedOption("--layout")) {
        throw new IllegalArgumentException(
            "--layout is for --case; inside a network values are NHWC");
      }
      return network(Zoo.named(net));
    }
    ConvCase c = ConvCase.parse(text);
    try (Arena arena = Arena.ofShared()) {
      long weights = (long) c.k() * c.groupC() * c.fh() * c.fw();
      Filter filter =
          Filter.of(arena.allocate(weights * Float.BYTES), c.k(), c.groupC(), c.fh(), c.fw());
      Conv2d conv = Conv2d.of(c, filter).algorithm(algorithm).tolerance(tolerance);
      spec.commandLine().getOut().print(conv.plan(c.input(), layout, arena).explain());
      spec.commandLine().getOut().flush();
    } catch (OutOfMemoryError e) {
      throw Sample.tooLarge(c, e);
    }
    return 0;
  }

  private int network(Zoo named) {
    Graph graph = named.graph(1, 1);
    CompileOptions options = CompileOptions.fastest().algorithm(algorithm).tolerance(tolerance);
    PrintWriter to = spec.commandLine().getOut();
    to.print(graph.summary());
    to.println();
    to.print(graph.compile(options).explain());
    to.flush();
    return 0;
  }

  /** What {@code --net} takes. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Arrays.stream(Zoo.values()).map(Zoo::toString).iterator();
    }
  }
}
