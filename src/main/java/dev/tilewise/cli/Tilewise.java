package dev.tilewise.cli;

import dev.tilewise.Algorithm;
import dev.tilewise.Layout;
import dev.tilewise.internal.file.Reason;
import dev.tilewise.train.DivergedException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The list of commands; without one, the main job. */
@Command(
    name = "tilewise",
    mixinStandardHelpOptions = true,
    versionProvider = Tilewise.Version.class,
    description = {
      "Convolution for the JVM.",
      "Without a command: trains a small network on built-in digits, prints what it learned and how"
          + " fast the kernels are, and writes a report."
    },
    subcommands = {
      TrainCommand.class,
      ClassifyCommand.class,
      BenchCommand.class,
      CheckCommand.class,
      ExplainCommand.class,
      InfoCommand.class,
      RunCommand.class,
      HelpCommand.class
    })
public final class Tilewise implements Callable<Integer> {

  @Option(
      names = "--stacktrace",
      scope = ScopeType.INHERIT,
      description = "Print the stack trace of an error.")
  private boolean stacktrace;

  @Mixin private MainJob mainJob;

  private Tilewise() {}

  /** Tells the version of the jar. */
  static final class Version implements IVersionProvider {

    /** Maven puts it into the jar. */
    private static final String PROPERTIES = "/META-INF/maven/dev.tilewise/tilewise/pom.properties";

    @Override
    public String[] getVersion() throws IOException {
      return new String[] {line()};
    }

    static String line() throws IOException {
      Properties build = new Properties();
      try (InputStream in = Tilewise.class.getResourceAsStream(PROPERTIES)) {
        if (in != null) {
          build.load(in);
        }
      }
      return "tilewise " + build.getProperty("version", "development build");
    }
  }

  /**
   * Runs one command.
   *
   * @param args the command and its options
   * @return 0, 1 for a failed check, training that diverged or results that could not be printed, 2
   *     for bad usage or input
   */
  public static int run(String... args) {
    return run(new PrintWriter(System.out, true), new PrintWriter(System.err, true), args);
  }

  static int run(PrintWriter out, PrintWriter err, String... args) {
    Tilewise root = new Tilewise();
    CommandLine line = new CommandLine(root);
    line.setOut(out).setErr(err);
    line.registerConverter(Algorithm.class, Tilewise::algorithm);
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.registerConverter(Layout.class, Tilewise::layout);
    line.setParameterExceptionHandler(
        (e, a) -> {
          e.getCommandLine().getErr().println("tilewise: " + oneLine(usage(e)));
          return CommandLine.ExitCode.USAGE;
        });
    line.setExecutionStrategy(
        parsed -> {
          requireNoLostOptions(parsed);
          return new RunLast().execute(parsed);
        });
    line.setExecutionExceptionHandler(
        (e, command, parsed) -> {
          if (root.stacktrace) {
            e.printStackTrace(command.getErr());
          } else {
            command.getErr().println("tilewise: " + oneLine(message(e)));
          }
          return e instanceof DivergedException
              ? CommandLine.ExitCode.SOFTWARE
              : CommandLine.ExitCode.USAGE;
        });
    try {
      return printed(line.execute(args), out, err);
    } catch (OutOfMemoryError e) {
      err.println("tilewise: not enough memory: " + oneLine(e.getMessage()));
      return CommandLine.ExitCode.USAGE;
    }
  }

  /** Options of the main job in front of a command would do nothing. */
  private static void requireNoLostOptions(ParseResult parsed) {
    if (!parsed.hasSubcommand()) {
      return;
    }
    for (OptionSpec option : parsed.matchedOptions()) {
      if (!option.inherited() && option.scopeType() != ScopeType.INHERIT) {
        String command = parsed.subcommand().commandSpec().name();
        throw new ParameterException(
            parsed.commandSpec().commandLine(),
            option.longestName()
                + " stands in front of the command "
                + command
                + ", where it is the main job's; options of "
                + command
                + " stand behind it");
      }
    }
  }

  /** The exit code; a success that nobody could read is none. */
  private static int printed(int code, PrintWriter out, PrintWriter err) {
    if (code == 0 && out.checkError()) {
      err.println("tilewise: standard output cannot be written");
      return CommandLine.ExitCode.SOFTWARE;
    }
    return code;
  }

  private static Layout layout(String name) {
    for (Layout layout : Layout.values()) {
      if (layout.name().equalsIgnoreCase(name)) {
        return layout;
      }
    }
    throw new TypeConversionException("there is no layout \"" + name + "\"; there are NHWC, NCHW");
  }

  private static Algorithm algorithm(String name) {
    try {
      return BenchCommand.algorithm(name);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }

  /** A mistyped option is named rather than the required one that is missing because of it. */
  private static String usage(ParameterException e) {
    CommandLine line = e.getCommandLine();
    List<String> unknown = line.getUnmatchedArguments();
    boolean mistyped =
        e instanceof UnmatchedArgumentException || e instanceof MissingParameterException;
    if (!mistyped || unknown.isEmpty()) {
      return e.getMessage();
    }
    String first = unknown.get(0);
    String see = "; see " + line.getCommandSpec().qualifiedName() + " --help";
    if (first.startsWith("-")) {
      return "there is no option " + first + see;
    }
    return line.getSubcommands().isEmpty()
        ? line.getCommandName()
            + " takes no argument \""
            + first
            + "\""
            + (line.getCommandSpec().optionsMap().containsKey("--case")
                ? " (a case of two words needs quotes)"
                : "")
            + see
        : "there is no command \"" + first + "\"" + see;
  }

  /**
   * What to tell people of a failure.
   *
   * @param e the failure
   * @return its message, with the file that it is about
   */
  public static String message(Exception e) {
    if (e instanceof FileSystemException f && f.getFile() != null) {
      return f.getFile() + ": " + Reason.of(f);
    }
    boolean expected =
        e instanceof IllegalArgumentException
            || e instanceof IllegalStateException
            || e instanceof IOException;
    return expected && e.getMessage() != null ? e.getMessage() : e.toString();
  }

  private static String oneLine(String message) {
    return String.valueOf(message).lines().findFirst().orElse("");
  }

  @Override
  public Integer call() throws IOException {
    return mainJob.call();
  }
}
