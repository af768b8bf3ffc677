package dev.tilewise.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.Algorithm;
import dev.tilewise.ConvCase;
import dev.tilewise.Workers;
import dev.tilewise.data.SyntheticDigits;
import dev.tilewise.data.TrainTest;
import dev.tilewise.nn.Network;
import dev.tilewise.train.EpochResult;
import dev.tilewise.train.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {

  @TempDir private Path folder;

  private String report() throws IOException {
    return report(2);
  }

  private String report(int passes) throws IOException {
    TrainTest sets = SyntheticDigits.generate(60, 5).split(40, 20);
    Network network = Networks.small(sets.train().shape(), sets.train().classNames(), 1);
    List<EpochResult> epochs = Trainer.of(network).fit(sets.train(), sets.test(), passes);
    ConvCase extents = ConvCase.parse("n1c8h6w6 k8f3p1");
    List<Timing> timings =
        List.of(
            new Timing(extents, Algorithm.DIRECT, 1, 0.1, 0.2, 90, 100, 0.9, 0.9, 1e-7, 1e-6, 10),
            new Timing(extents, Algorithm.NAIVE, 1, 10, 20, 0.9, 100, 0.009, 0.009, 1e-7, 1e-6, 0));
    Path file = folder.resolve("report.html");
    Report.write(
        new MainJob.Results(
            sets,
            network,
            epochs,
            Trainer.evaluate(network, sets.test(), Workers.serial()),
            timings,
            Map.of("cpu", "a <fast> one & only", "vector_bits", 512),
            "Made by a test."),
        file);
    return Files.readString(file);
  }

  @Test
  void theReportNeedsNothingFromOutside() throws IOException {
    String html = report();
    Matcher source = Pattern.compile("(?:src|href)=['\"]([^'\"]{0,40})").matcher(html);
    int pictures = 0;
    while (source.find()) {
      assertTrue(source.group(1).startsWith("data:image/"), source.group(1));
      pictures++;
    }
    // Curves, 16 filters, one digit, 16 maps of six layers, classified images.
    assertTrue(pictures >= 2 + 16 + 1 + 96 + 1, pictures + " pictures");
    assertFalse(html.contains("<script"));
    assertFalse(html.contains("@import"));
  }

  @Test
  void numbersAreSaidInWords() throws IOException {
    String two = report(2);
    assertTrue(two.contains("It learned in 2 passes over 40 images"));
    assertTrue(report(1).contains("It learned in 1 pass over 40 images"));
    assertTrue(two.contains("; on n1c8h6w6 k8f3s1p1 it is 100 times as fast as the plain loop"));
    assertTrue(two.contains("vector width, bits"));
    assertFalse(two.contains("vector_bits"));
    assertTrue(two.contains("<p>Made by a test.</p>"));
    assertTrue(two.contains("<b>90 %</b><span>of the FMA peak, the best kernel: DIRECT</span>"));
    String title = two.substring(two.indexOf("<h1>"), two.indexOf("</h1>"));
    Matcher accuracy = Pattern.compile("[0-9.]+ %").matcher(title);
    assertTrue(accuracy.find(), title);
    assertTrue(two.contains("<b>" + accuracy.group() + "</b>"), title);
  }

  @Test
  void everyPictureSaysWhatItShows() throws IOException {
    String html = report();
    Matcher image = Pattern.compile("<img[^>]*?>").matcher(html);
    while (image.find()) {
      assertTrue(Pattern.compile("alt='[^']+'").matcher(image.group()).find(), image.group());
    }
  }

  @Test
  void textFromOutsideIsEscaped() throws IOException {
    String html = report();
    assertTrue(html.contains("a &lt;fast&gt; one &amp; only"));
    assertEquals(html.indexOf("</html>"), html.lastIndexOf("</html>"));
  }
}
