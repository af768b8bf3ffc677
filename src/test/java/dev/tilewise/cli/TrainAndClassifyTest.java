package dev.tilewise.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.tilewise.data.Dataset;
import dev.tilewise.data.SyntheticDigits;
import java.awt.image.BufferedImage;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainAndClassifyTest {

  private static final int IMAGES_MAGIC = 0x803;
  private static final int LABELS_MAGIC = 0x801;
  private static final Dataset DIGITS = SyntheticDigits.generate(240, 3);

  @TempDir private Path folder;

  @BeforeEach
  void writeDigitsAsMnist() throws IOException {
    Path images = folder.resolve("train-images-idx3-ubyte");
    try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(images))) {
      out.writeInt(IMAGES_MAGIC);
      out.writeInt(DIGITS.size());
      out.writeInt(DIGITS.height());
      out.writeInt(DIGITS.width());
      for (int i = 0; i < DIGITS.size(); i++) {
        out.write(DIGITS.bytes(i));
      }
    }
    Path labels = folder.resolve("train-labels-idx1-ubyte");
    try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(labels))) {
      out.writeInt(LABELS_MAGIC);
      out.writeInt(DIGITS.size());
      for (int i = 0; i < DIGITS.size(); i++) {
        out.write(DIGITS.label(i));
      }
    }
  }

  private Invocation train(String... more) {
    String[] args = {"train", "--data", folder.toString(), "--epochs", "2", "--limit-test", "40"};
    String[] all = Arrays.copyOf(args, args.length + more.length);
    System.arraycopy(more, 0, all, args.length, more.length);
    return Invocation.of(all);
  }

  private Path picture(int i) throws IOException {
    BufferedImage image =
        new BufferedImage(DIGITS.width(), DIGITS.height(), BufferedImage.TYPE_BYTE_GRAY);
    image.getRaster().setDataElements(0, 0, DIGITS.width(), DIGITS.height(), DIGITS.bytes(i));
    Path file = folder.resolve("digit" + i + ".png");
    ImageIO.write(image, "png", file.toFile());
    return file;
  }

  @Test
  void trainHasTheKeysOfTheDesignForEachEpoch() {
    List<JsonNode> epochs = train("--json", "-").ok().json();
    assertEquals(2, epochs.size());
    for (int i = 0; i < 2; i++) {
      assertEquals(
          List.of(
              "epoch", "loss", "train_accuracy", "test_accuracy", "seconds", "images_per_second"),
          Invocation.keys(epochs.get(i)));
      assertEquals(i + 1, epochs.get(i).get("epoch").asInt());
    }
  }

  @Test
  void theNumberOfThreadsDoesNotChangeWhatIsLearned() {
    List<JsonNode> one = train("--json", "-").ok().json();
    List<JsonNode> two = train("--json", "-", "--threads", "2").ok().json();
    for (int i = 0; i < 2; i++) {
      for (String key : new String[] {"loss", "train_accuracy", "test_accuracy"}) {
        assertEquals(one.get(i).get(key), two.get(i).get(key));
      }
    }
  }

  @Test
  void aSavedNetworkClassifiesPictures() throws IOException {
    Path model = folder.resolve("digits.tw");
    String text = train("--save", model.toString()).ok().out();
    assertTrue(text.contains("saved " + model), text);
    String first = picture(0).toString();
    String second = picture(1).toString();
    List<JsonNode> found =
        Invocation.of("classify", "--model", "" + model, first, second, "--json", "-").ok().json();
    assertEquals(2, found.size());
    assertEquals(List.of("image", "label", "score"), Invocation.keys(found.get(0)));
    assertEquals(first, found.get(0).get("image").asText());
    assertTrue(DIGITS.classNames().contains(found.get(0).get("label").asText()));
    double score = found.get(1).get("score").asDouble();
    // The largest of ten probabilities is at least a tenth; half an ulp less when rounded.
    assertTrue(score >= 0.1 * (1 - 0x1p-52) && score <= 1, "" + score);
  }

  @Test
  void picturesThatCannotBeReadDoNotKeepTheOthersBack() throws IOException {
    Path model = folder.resolve("digits.tw");
    train("--save", model.toString()).ok();
    String[] missing = {folder.resolve("a.png").toString(), folder.resolve("b.png").toString()};
    String there = picture(0).toString();
    Invocation run =
        Invocation.of("classify", "--model", "" + model, missing[0], there, missing[1]);
    assertEquals(2, run.code(), run::toString);
    assertEquals(2, run.err().lines().count(), run::toString);
    assertTrue(run.err().contains(missing[0]) && run.err().contains(missing[1]), run::toString);
    List<String> lines = run.out().lines().toList();
    assertEquals(2, lines.size(), run::toString);
    assertTrue(lines.get(0).startsWith("image "), run::toString);
    assertTrue(lines.get(1).startsWith(there), run::toString);
  }

  @Test
  void trainSaysFirstThatItSplitOneSetOfFiles() throws IOException {
    String split = "one set of files only: the first 200 images train, the next 40 test";
    String text = train().ok().out();
    assertEquals(split, text.lines().findFirst().orElseThrow());
    for (String kind : new String[] {"images-idx3-ubyte", "labels-idx1-ubyte"}) {
      Files.copy(folder.resolve("train-" + kind), folder.resolve("t10k-" + kind));
    }
    String whole = Invocation.of("train", "--data", "" + folder, "--epochs", "1").ok().out();
    assertTrue(whole.startsWith("training on "), whole);
  }

  @Test
  void truncatedModelsAndPicturesAreRefused() throws IOException {
    Path model = folder.resolve("digits.tw");
    train("--save", model.toString()).ok();
    Invocation.of("classify", "--model", "" + model, "--pixels", "imagenet", "" + picture(0))
        .refusedWith("--pixels is for ONNX models");
    Path noPicture = Files.writeString(folder.resolve("no.png"), "no picture");
    Invocation.of("classify", "--model", "" + model, "" + noPicture).refusedWith("no.png");
    byte[] bytes = Files.readAllBytes(model);
    Files.write(model, Arrays.copyOf(bytes, bytes.length - 5));
    Invocation.of("classify", "--model", "" + model, "" + picture(0))
        .refusedWith("truncated or damaged");
  }

  @Test
  void trainingThatDivergesEndsWithOneLine() {
    Path model = folder.resolve("digits.tw");
    Invocation nan = train("--lr", "1e30", "--save", "" + model);
    assertEquals(1, nan.code(), nan::toString);
    assertTrue(
        nan.err().endsWith("training diverged, try a smaller --lr than 1.0E30\n"), nan.err());
    Invocation large = train("--lr", "10", "--save", "" + model);
    assertEquals(1, large.code(), large::toString);
    assertEquals(1, large.err().lines().count(), large.err());
    assertTrue(large.out().contains("\nepoch  1  loss "), large.out());
    assertFalse(Files.exists(model));
  }

  @Test
  void longPathsStayInTheirColumn() throws IOException {
    Path model = folder.resolve("digits.tw");
    train("--save", model.toString()).ok();
    Path directory = Files.createDirectory(folder.resolve("d".repeat(60)));
    Path far = Files.copy(picture(0), directory.resolve("digit.png"));
    List<String> lines =
        Invocation.of("classify", "--model", "" + model, "" + far, "" + picture(1))
            .ok()
            .out()
            .lines()
            .toList();
    int column = lines.get(0).indexOf("probability");
    assertEquals(3, lines.size());
    for (String line : lines.subList(1, 3)) {
      assertTrue(line.substring(column).matches("[01]\\.\\d{4} .*"), line);
    }
  }

  @Test
  void wrongSettingsAreRefusedBeforeTraining() {
    train("--limit-train", "1000").refusedWith("1000");
    train("--batch", "0").refusedWith("not 0");
    train("--threads", "-1").refusedWith("not -1");
    train("--lr", "-1").refusedWith("learning rate");
    train("--limit-train", "0").refusedWith("--limit-train must be positive");
    assertFalse(Files.exists(folder.resolve("digits.tw")));
  }
}
