package dev.tilewise.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tilewise.Algorithm;
import dev.tilewise.Workers;
import dev.tilewise.internal.plan.Candidate;
import dev.tilewise.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeasuringCommandsTest {

  private static final String SMALL = "n1c8h7w7 k8f3s1p1";
  private static final String[] SHAPES = {
    "name,N,groups,C,H,W,K,FH,FW,SH,SW,PH,PW,DH,DW,PB,PR,OH,OW,repeats,MACs,source",
    "net:first,1,1,3,9,9,4,3,3,1,1,1,1,1,1,1,1,9,9,1,8748,here",
    "net:unused_rows,1,1,17,8,8,17,1,1,2,2,0,0,1,1,-1,-1,4,4,1,9248,here",
    "other,2,1,3,5,5,4,3,3,1,1,0,0,1,1,0,0,3,3,1,1944,here"
  };

  @TempDir private Path folder;

  @Test
  void benchHasTheKeysOfTheDesignAndNothingElseOnStandardOutput() {
    List<JsonNode> lines =
        Invocation.of("bench", "--case", SMALL, "--seconds", "0.01", "--json", "-").ok().json();
    assertEquals(1, lines.size());
    JsonNode result = lines.get(0);
    assertEquals(
        List.of(
            "case",
            "algorithm",
            "threads",
            "ms_min",
            "ms_median",
            "gflops",
            "peak_gflops",
            "of_peak",
            "max_error",
            "error_bound",
            "workspace_bytes"),
        Invocation.keys(result));
    assertEquals(SMALL, result.get("case").asText());
    assertEquals("DIRECT", result.get("algorithm").asText());
    assertTrue(result.get("ms_min").asDouble() <= result.get("ms_median").asDouble());
    assertTrue(result.get("max_error").asDouble() <= result.get("error_bound").asDouble());
  }

  @Test
  void benchComparesAllAlgorithmsInOneTable() {
    String table =
        Invocation.of("bench", "--case", SMALL, "--seconds", "0.01", "--algorithm", "all")
            .ok()
            .out();
    List<String> rows = table.lines().filter(line -> line.startsWith(SMALL)).toList();
    assertEquals(Candidate.values().length, rows.size(), table);
    for (int i = 0; i < rows.size(); i++) {
      assertTrue(rows.get(i).contains(" " + Candidate.values()[i] + " "), table);
    }
    assertEquals(List.of(rows.get(0)), rows.stream().filter(row -> row.contains("*")).toList());
    assertTrue(table.startsWith("case "), table);
    assertEquals(1, table.lines().filter(line -> line.startsWith("case ")).count(), table);
    assertTrue(table.contains("\n* what AUTO takes at the tolerance of 1e-05\n"), table);
    assertTrue(table.lines().noneMatch(line -> line.endsWith(" ")), table);
    assertTrue(table.lines().findFirst().orElseThrow().endsWith(" workspace, B"), table);
    assertTrue(table.contains("\nAUTO, tolerance 1e-05: 1 of 1 cases leave a choice"), table);
  }

  @Test
  void allAlgorithmsAreThoseThatCanComputeTheCase() throws IOException {
    String extents = "n1c16h6w6 k16f1s2";
    Path json = folder.resolve("all.jsonl");
    String[] args = {"--case", extents, "--seconds", "0.01", "--algorithm", "all"};
    String table =
        Invocation.of(
                "bench", args[0], args[1], args[2], args[3], args[4], args[5], "--json", "" + json)
            .ok()
            .out();
    assertTrue(
        table.contains(
            "left out: WINOGRAD_F2, F3, F4, F5, F6 (not for this case; explain says why)"),
        table);
    List<JsonNode> lines = Invocation.json(Files.readString(json));
    List<String> found =
        lines.stream()
            .filter(o -> o.has("algorithm"))
            .map(o -> o.get("algorithm").asText())
            .toList();
    assertEquals(List.of("DIRECT", "IM2COL", "NAIVE"), found);
    assertTrue(lines.get(0).get("auto").asBoolean() && lines.get(0).get("accepted").asBoolean());
    JsonNode summary = lines.get(lines.size() - 1);
    assertEquals(1, summary.get("cases").asInt());
    assertEquals(0, summary.get("cases_with_a_choice").asInt());
  }

  @Test
  void referencesThatTakeTooLongAreLeftOut() {
    String table =
        Invocation.of(
                "bench", "--case", "n1c64h28w28 k64f1", "--seconds", "0.001", "--algorithm", "ALL")
            .ok()
            .out();
    assertTrue(table.contains("NAIVE (a run may take "), table);
    assertFalse(table.lines().anyMatch(line -> line.contains(" NAIVE  ")), table);
  }

  @Test
  void checkComparesEveryAlgorithmAndDirection() {
    String[] cases = {"--case", SMALL, "--case", "n2c6h9w8 k4g2f3x2s2x1p1x0x2x1"};
    String[] args = {"check", cases[0], cases[1], cases[2], cases[3], "--json", "-"};
    List<JsonNode> lines = Invocation.of(args).ok().json();
    Set<String> kinds =
        lines.stream()
            .map(line -> line.get("algorithm").asText() + " " + line.get("direction").asText())
            .collect(Collectors.toSet());
    assertTrue(
        kinds.containsAll(
            Set.of(
                "DIRECT forward",
                "IM2COL forward",
                "NAIVE forward",
                "DIRECT backward_data",
                "DIRECT backward_filter")),
        kinds.toString());
    for (JsonNode line : lines) {
      assertEquals(
          List.of("case", "algorithm", "direction", "max_error", "error_bound", "ok", "sampled"),
          Invocation.keys(line));
      assertTrue(line.get("ok").asBoolean(), line.toString());
      assertFalse(line.get("sampled").asBoolean(), line.toString());
    }
  }

  @Test
  void checkSaysWhatItSampled() {
    String text = Invocation.of("check", "--case", SMALL, "--work", "1").ok().out();
    assertTrue(text.contains("sampled"), text);
    assertTrue(!Invocation.of("check", "--case", SMALL).ok().out().contains("sampled"));
  }

  @Test
  void rowsOfAFileAreChosenByName() throws IOException {
    Path shapes = Files.write(folder.resolve("shapes.csv"), List.of(SHAPES));
    Path json = folder.resolve("out.jsonl");
    String text =
        Invocation.of(
                "check", "--shapes", shapes.toString(), "--filter", "net", "--json", "" + json)
            .ok()
            .out();
    assertTrue(text.lines().filter(line -> line.endsWith("net:first")).count() >= 5, text);
    assertTrue(text.lines().noneMatch(line -> line.contains("other")), text);
    Set<String> cases =
        Invocation.json(Files.readString(json)).stream()
            .map(line -> line.get("case").asText())
            .collect(Collectors.toSet());
    assertEquals(Set.of("n1c3h9w9 k4f3s1p1", "n1c17h8w8 k17f1s2"), cases);
    Invocation.of("check", "--shapes", shapes.toString(), "--filter", "absent")
        .refusedWith("absent");
  }

  @Test
  void damagedFilesOfShapesAreRefusedWithTheLine() throws IOException {
    refusesShapes(SHAPES[1].replace(",9,9,1,8748", ",8,9,1,8748"), "shapes.csv:2");
    refusesShapes(SHAPES[1].replace(",here", ""), "21 columns, not 22");
    refusesShapes(SHAPES[1].replace("first,1", "first,one"), "column N is one");
    Path noText =
        Files.write(folder.resolve("noise.csv"), new byte[] {(byte) 0xFF, 0, (byte) 0xFE});
    Invocation.of("check", "--shapes", noText.toString()).refusedWith("noise.csv");
  }

  @Test
  void columnsThatSayTheUsualMayBeLeftOut() throws IOException {
    Path shapes = folder.resolve("few.csv");
    String columns = "name,N,groups,C,H,W,K,FH,FW,SH,SW,PH";
    Files.write(shapes, List.of(columns + ", PW", "a,1,1,3,9,8,4,3,3,1,1,1,0", "", "  "));
    List<JsonNode> lines =
        Invocation.of("check", "--shapes", "" + shapes, "--json", "-").ok().json();
    assertEquals("n1c3h9w8 k4f3s1p1x0", lines.get(0).get("case").asText());
    Files.write(shapes, List.of(columns, "a,1,1,3,9,9,4,3,3,1,1,1"));
    Invocation.of("check", "--shapes", "" + shapes).refusedWith("few.csv:2: column PW is missing");
    Files.write(shapes, List.of(columns + ",PW", "a,1,1,3,9,9,4,3,3,1,1,1,"));
    Invocation.of("check", "--shapes", "" + shapes).refusedWith("few.csv:2: column PW is empty");
    Files.write(shapes, List.of(columns + ",PW"));
    Invocation.of("check", "--shapes", "" + shapes).refusedWith("has no rows");
  }

  private void refusesShapes(String row, String words) throws IOException {
    Path shapes = Files.write(folder.resolve("shapes.csv"), List.of(SHAPES[0], row));
    Invocation.of("check", "--shapes", shapes.toString()).refusedWith(words);
  }

  @Test
  void explainNamesTheAlgorithmAndTheOthers() {
    String text = Invocation.of("explain", "--case", SMALL).ok().out();
    for (String word : new String[] {SMALL, "DIRECT", "IM2COL", "NAIVE", "workspace", "error"}) {
      assertTrue(text.contains(word), text);
    }
    String naive = Invocation.of("explain", "--case", SMALL, "--algorithm", "naive").ok().out();
    assertTrue(naive.lines().findFirst().orElseThrow().endsWith("NAIVE"), naive);
  }

  @Test
  void explainCountsInWords() {
    String[] args = {"explain", "--case", "n1c16h4w4 k16f3s1p1", "--algorithm", "winograd_f4"};
    String text = Invocation.of(args).ok().out();
    assertTrue(text.contains(", 1 tile in 1 block of at most "), text);
    assertTrue(text.contains(" 1 panel, "), text);
  }

  @Test
  void explainTakesATolerance() {
    String[] args = {"explain", "--case", "n1c32h48w48 k32f3s1p1", "--tolerance", ""};
    args[4] = "3e-6";
    String text = Invocation.of(args).ok().out();
    assertTrue(text.lines().findFirst().orElseThrow().endsWith("WINOGRAD_F2"), text);
    args[4] = "1e-9";
    Invocation.of(args).refusedWith("the best, DIRECT, is within 2.8");
    args[4] = "0";
    Invocation.of(args).refusedWith("--tolerance must be positive, not 0");
  }

  @Test
  void infoHasTheKeysOfTheDesign() {
    JsonNode facts = Invocation.of("info", "--json", "-").ok().json().get(0);
    assertEquals(
        List.of("jdk", "vm", "cpu", "vector_bits", "peak_gflops", "tiles"), Invocation.keys(facts));
    assertTrue(facts.get("peak_gflops").asDouble() > 0);
    assertEquals(0, facts.get("vector_bits").asInt() % 64);
  }

  @Test
  void theProcessorHasItsGeneration() {
    List<String> linux =
        List.of(
            "processor\t: 0",
            "cpu family\t: 25",
            "model\t\t: 17",
            "model name\t: AMD",
            "stepping : 1");
    assertEquals("AMD, family 25 model 17 stepping 1", InfoCommand.cpu(linux));
    assertEquals("AMD", InfoCommand.cpu(linux.subList(2, 4)));
    assertEquals(System.getProperty("os.arch"), InfoCommand.cpu(List.of()));
  }

  @Test
  void benchTimesNetworksAndVerifiesThem() throws IOException {
    Path page = folder.resolve("steps.html");
    Path json = folder.resolve("net.jsonl");
    String[] args = {"--seconds", "0.01", "--batch", "2", "--json", "" + json};
    String text =
        Invocation.of(
                "bench",
                "--net",
                "LeNet5",
                args[0],
                args[1],
                args[2],
                args[3],
                args[4],
                args[5],
                "--profile",
                "--html",
                "" + page)
            .ok()
            .out();
    List<JsonNode> lines = Invocation.json(Files.readString(json));
    assertEquals(1, lines.size());
    JsonNode result = lines.get(0);
    assertEquals(
        List.of(
            "net",
            "algorithm",
            "threads",
            "ms_min",
            "ms_median",
            "gflops",
            "peak_gflops",
            "of_peak",
            "max_error",
            "error_bound",
            "workspace_bytes",
            "batch"),
        Invocation.keys(result));
    assertEquals("lenet5", result.get("net").asText());
    assertTrue(result.get("max_error").asDouble() <= result.get("error_bound").asDouble());
    // T sqrt(25 + 500 + 800 + 500): the terms of one output of each layer.
    assertEquals(1e-5 * Math.sqrt(1825), result.get("error_bound").asDouble(), 1e-12);
    String html = Files.readString(page);
    assertTrue(html.contains("<small>DIRECT n2c1h28w28 k20f5"), html);
    for (String step : new String[] {"conv1", "pool1", "conv2", "ip1", "scores", "probabilities"}) {
      assertTrue(text.lines().anyMatch(line -> line.contains("  " + step + ": ")), text);
      assertTrue(html.contains(">" + step + "<small>"), html);
    }
  }

  /** Which the command answers with exit code 1. */
  @Test
  void aNetworkHoldsWithinItsBoundOnly() {
    assertTrue(network(1e-6).holds());
    assertFalse(network(1e-2).holds());
    assertFalse(network(Double.NaN).holds());
    assertFalse(network(Double.POSITIVE_INFINITY).holds());
  }

  private static NetRun.Result network(double error) {
    NetRun.Settings settings = new NetRun.Settings(1, Algorithm.AUTO, 1e-5, Workers.serial(), 0.01);
    return new NetRun.Result(
        Zoo.LENET5, settings, 1, 1, 4.6, 100, 0.046, error, 4e-4, 57_600, true);
  }

  @Test
  void unknownNetworksAndMixedOptionsAreRefused() {
    Invocation.of("bench", "--net", "resnet51")
        .refusedWith("there is no network \"resnet51\"; there are lenet5, alexnet, vgg16");
    Invocation.of("explain", "--net", "resnet51").refusedWith("there are lenet5, alexnet, vgg16");
    Invocation.of("bench", "--net", "lenet5", "--case", SMALL).refusedWith("--case");
    Invocation.of("bench", "--net", "lenet5", "--algorithm", "all").refusedWith("not ALL");
    Invocation.of("bench", "--case", SMALL, "--profile").refusedWith("add --net NAME");
    Invocation.of("explain", "--net", "lenet5", "--case", SMALL).refusedWith("one of them");
    Invocation.of("bench", "--net", "lenet5", "--batch", "0").refusedWith("--batch");
  }

  @Test
  void explainShowsANetworkAndWhatBecameOfItsLayers() {
    String text = Invocation.of("explain", "--net", "squeezenet").ok().out();
    assertTrue(text.contains("1,235,496"), text);
    assertTrue(text.lines().anyMatch(l -> l.matches("conv1/relu .*part of conv1")), text);
    assertTrue(text.contains("written in place"), text);
  }
}
