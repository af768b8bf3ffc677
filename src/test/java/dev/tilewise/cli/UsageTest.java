package dev.tilewise.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UsageTest {

  private static final String SMALL = "n1c4h5w5 k4f3";

  @TempDir private Path folder;

  @Test
  void helpNamesEveryCommand() {
    String help = Invocation.of("--help").ok().out();
    for (String command :
        new String[] {"train", "classify", "run", "bench", "check", "explain", "info"}) {
      assertTrue(help.contains("  " + command + " "), command);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"train", "classify", "run", "bench", "check", "explain", "info"})
  void everyCommandHasHelp(String command) {
    String help = Invocation.of(command, "--help").ok().out();
    assertTrue(help.startsWith("Usage: tilewise " + command), help);
  }

  @Test
  void theVersionIsOneLine() {
    String version = Invocation.of("--version").ok().out();
    assertEquals(1, version.lines().count());
    assertTrue(version.startsWith("tilewise "), version);
  }

  @Test
  void unknownOptionsAndCommandsAreRefused() {
    Invocation.of("--bogus").refusedWith("--bogus");
    Invocation.of("bogus").refusedWith("bogus");
    Invocation.of("bench", "--case", SMALL, "--bogus").refusedWith("--bogus");
    Invocation.of("train").refusedWith("--data");
    Invocation.of("train", "--dta", "x").refusedWith("there is no option --dta");
    Invocation.of("nonsense").refusedWith("there is no command \"nonsense\"");
    Invocation.of("info", "x").refusedWith("info takes no argument \"x\"");
  }

  @Test
  void optionsOfTheMainJobAreNotLostInFrontOfACommand() {
    Invocation.of("--threads", "1", "info")
        .refusedWith("--threads stands in front of the command info");
    Invocation.of("--stacktrace", "info").ok();
  }

  @Test
  void aDashIsNoFileToWrite() {
    Invocation.of("train", "--data", "" + folder, "--save", "-").refusedWith("/dev/stdout");
    Invocation.of("train", "--data", "" + folder, "--save", "x.ONNX")
        .refusedWith("--save writes no ONNX file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "train", "bench", "explain"})
  void helpIsWholeAndNamesValuesAndDefaults(String command) {
    Invocation run = command.isEmpty() ? Invocation.of("-h") : Invocation.of(command, "-h");
    String help = run.ok().out();
    assertFalse(Pattern.compile("=<").matcher(help).find(), help);
    assertFalse(help.contains("${"), help);
    assertTrue(help.contains("default"), help);
    assertEquals("", run.err());
  }

  @Test
  void numbersOutsideTheirRangeAreRefusedByTheNameOfTheOption() {
    Invocation.of("--threads", "0").refusedWith("--threads must be from 1 to 1024, not 0");
    Invocation.of("--epochs", "-1").refusedWith("--epochs must be positive, not -1");
    String[][] wrong = {
      {"--threads", "1025"},
      {"--epochs", "0"},
      {"--batch", "0"},
      {"--lr", "-0.1"},
      {"--lr", "NaN"},
      {"--momentum", "1.1"},
      {"--limit-train", "0"},
      {"--limit-test", "-5"}
    };
    for (String[] option : wrong) {
      String end = "not " + option[1];
      Invocation run = Invocation.of("train", "--data", "x", option[0], option[1]);
      run.refusedWith(end);
      run.refusedWith("tilewise: " + option[0]);
    }
  }

  @Test
  void algorithmsAndLayoutsAreListedPlainly() {
    Invocation.of("bench", "--case", SMALL, "--algorithm", "x")
        .refusedWith("there is no algorithm \"x\"; there are ALL, AUTO, DIRECT, ");
    Invocation.of("explain", "--case", SMALL, "--algorithm", "x")
        .refusedWith("there is no algorithm \"x\"; there are AUTO, DIRECT, ");
    Invocation.of("explain", "--case", SMALL, "--layout", "x").refusedWith("NHWC, NCHW");
  }

  @Test
  void badCasesAreRefusedBeforeAnythingIsPrinted() {
    Invocation.of("bench").refusedWith("no case");
    Invocation.of("bench", "--case", "nonsense").refusedWith("nonsense");
    Invocation.of("check", "--case", "n1c4h5w5").refusedWith("there is no \"f\"");
    Invocation.of("explain", "--case", "n1c3h5w5 k4f9").refusedWith("filter height 9");
    Invocation.of("explain", "--case", SMALL, "--layout", "NHCW").refusedWith("NHCW");
    Invocation.of("bench", "--case", SMALL, "--algorithm", "FAST").refusedWith("FAST");
    Invocation.of("bench", "--case", SMALL, "--threads", "0").refusedWith("not 0");
    Invocation.of("bench", "--case", SMALL, "--seconds", "0").refusedWith("not 0");
    Invocation.of("bench", "--case", SMALL, "--seconds", "soon").refusedWith("soon");
    Invocation.of("check", "--case", SMALL, "--work", "0").refusedWith("not 0");
    Invocation.of("check", "--case", SMALL, "--filter", "net").refusedWith("--filter");
    Invocation.of("bench", "--case", SMALL, "--seconds", "1e99").refusedWith("at most 3600");
  }

  @Test
  void missingAndDamagedFilesAreRefused() throws IOException {
    String missing = folder.resolve("missing").toString();
    Invocation.of("bench", "--shapes", missing).refusedWith(missing);
    Invocation.of("bench", "--shapes", "" + folder).refusedWith(folder + ": is a directory");
    Invocation.of("train", "--data", missing).refusedWith(missing);
    Invocation.of("train", "--data", folder.toString()).refusedWith("neither MNIST");
    Invocation.of("classify", "--model", missing, missing).refusedWith(missing);
    Path noModel = Files.writeString(folder.resolve("no.tw"), "not a model at all");
    Invocation.of("classify", "--model", noModel.toString(), missing)
        .refusedWith("no.tw: not a model file: it does not begin with TILEWISE");
    Path other = Files.move(noModel, folder.resolve("no.model"));
    Invocation.of("classify", "--model", other.toString(), missing)
        .refusedWith("no.model: no ONNX model, or damaged");
    Path directory = Files.createDirectory(folder.resolve("d.onnx"));
    Invocation.of("classify", "--model", "" + directory, missing)
        .refusedWith("d.onnx: is a directory");
    for (String command : new String[] {"bench", "check"}) {
      Invocation.of(command, "--shapes", missing).refusedWith(missing + ": no such file");
    }
    Invocation.of("classify", "--model", missing, missing).refusedWith(missing + ": no such file");
    Invocation.of("classify", "--model", missing + ".onnx", missing)
        .refusedWith(missing + ".onnx: no such file");
  }

  @Test
  void resultsThatCannotBeWrittenAreRefusedBeforeTheWork() throws IOException {
    String nowhere = folder.resolve("nowhere").resolve("file").toString();
    String data = folder.toString();
    Invocation.of("bench", "--case", SMALL, "--json", nowhere).refusedWith("there is no directory");
    Invocation.of("train", "--data", data, "--save", nowhere).refusedWith("there is no directory");
    Invocation.of("info", "--json", data).refusedWith("it is a directory");
    Invocation.of("--report", data).refusedWith("it is a directory");
    Path file = Files.createFile(folder.resolve("plain"));
    Invocation.of("--report", file.resolve("report.html").toString()).refusedWith("cannot be");
    if (Files.isDirectory(Path.of("/proc"))) {
      Invocation.of("train", "--data", data, "--save", "/proc/x.tw")
          .refusedWith("/proc/x.tw: cannot be written: ");
      Invocation.of("--report", "/proc/x.html").refusedWith("/proc/x.html: cannot be written: ");
    }
    Invocation.of("--report", nowhere).refusedWith("there is no directory");
    assertFalse(Files.exists(folder.resolve("nowhere")));
    Invocation.of("--epochs", "0").refusedWith("--epochs must be positive");
  }

  @Test
  void helpIsACommandToo() {
    assertEquals(Invocation.of("--help").out(), Invocation.of("help").ok().out());
    assertEquals(Invocation.of("bench", "--help").out(), Invocation.of("help", "bench").ok().out());
  }

  @Test
  void optionsWithoutEffectAreRefused() {
    Invocation.of("bench", "--case", SMALL, "--tolerance", "0.1").refusedWith("--tolerance");
    Invocation.of("bench", "--case", SMALL, "--batch", "4").refusedWith("--batch");
    Invocation.of("bench", "--net", "lenet5", "--filter", "x").refusedWith("--filter");
    Invocation.of("bench", "--net", "lenet5", "--no-relu").refusedWith("--no-relu");
    Invocation.of("explain", "--net", "lenet5", "--layout", "NCHW").refusedWith("--layout");
  }

  @Test
  void whatNobodyCanReadIsAFailure() {
    OutputStream full =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            throw new IOException("No space left on device");
          }
        };
    StringWriter err = new StringWriter();
    int code =
        Tilewise.run(new PrintWriter(full, true), new PrintWriter(err, true), "bench", "--help");
    assertEquals(1, code);
    assertEquals("tilewise: standard output cannot be written", err.toString().strip());
  }

  @Test
  void failuresWhileWritingNameTheFile() throws IOException {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full));
    Invocation run =
        Invocation.of("bench", "--case", SMALL, "--seconds", "0.01", "--json", "" + full);
    assertEquals(2, run.code());
    assertEquals("tilewise: /dev/full: cannot be written: No space left on device\n", run.err());
  }

  @Test
  void aFileIsNotWrittenTwiceNorReadAndWritten() throws IOException {
    String file = folder.resolve("both").toString();
    Invocation.of("bench", "--net", "lenet5", "--html", file, "--json", file)
        .refusedWith("--json and --html name the same file");
    Invocation.of("run", "--model", "m.onnx", "--input", file, "--output", file)
        .refusedWith("--output and --input name the same file");
    Invocation.of("train", "--data", "" + folder, "--save", file, "--json", file)
        .refusedWith("--json and --save name the same file");
    assertFalse(Files.exists(Path.of(file)));
    Path shapes = Files.writeString(Path.of(file), "name\n");
    Path link = Files.createSymbolicLink(folder.resolve("link"), shapes);
    Invocation.of("check", "--shapes", file, "--json", "" + link)
        .refusedWith("--json and --shapes name the same file");
    Invocation.of("classify", "--model", "m.onnx", file, "--json", file)
        .refusedWith("--json and a picture name the same file");
  }

  @Test
  void memoryThatIsNotThereIsOneLine() {
    String large = "n100000c1000h1000w1000 k1f1";
    for (String command : new String[] {"check", "bench"}) {
      Invocation run = Invocation.of(command, "--case", large);
      run.refusedWith("case \"" + large + "\": not enough memory");
    }
  }

  @Test
  void stackTracesAreShownOnRequestOnly() {
    String trace = Invocation.of("bench", "--case", "nonsense", "--stacktrace").err();
    assertTrue(trace.contains("\tat "), trace);
    assertFalse(Invocation.of("bench", "--case", "nonsense").err().contains("\tat "));
  }
}
