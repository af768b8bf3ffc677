package dev.tilewise.cli;

import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.data.Images;
import dev.tilewise.data.RgbImage;
import dev.tilewise.nn.Network;
import dev.tilewise.train.SoftmaxCrossEntropy;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says what pictures show. */
@Command(
    name = "classify",
    mixinStandardHelpOptions = true,
    description = {
      "Says what pictures show, by a network that train has saved.",
      "Prints for each picture the most probable class and its probability. A picture that cannot"
          + " be read is named, and the others are classified; the exit code is 2 then.",
      "",
      "A picture is fitted to the network's input:",
      "For colour images the largest central part with the input's proportions is resized, so that"
          + " nothing is stretched.",
      "For gray images (digits) the whole picture is made gray, resized to fit, centred, and the"
          + " rest filled with the mean of its border. Digits are expected bright on dark: a picture"
          + " with a bright border is inverted. One that has the input's size is not moved."
    })
final class ClassifyCommand implements Callable<Integer> {

  @Mixin private JsonLines json;

  @Option(
      names = "--model",
      required = true,
      paramLabel = "FILE",
      description = "The file that train --save wrote.")
  private Path model;

  @Parameters(
      arity = "1..*",
      paramLabel = "IMAGE",
      description = "Pictures: PNG, JPEG, GIF, BMP or TIFF.")
  private List<Path> images;

  @Override
  public Integer call() throws IOException {
    Network network = Network.load(model);
    boolean allRead = true;
    boolean header = false;
    try (JsonLines lines = json.open()) {
      for (Path image : images) {
        RgbImage picture;
        try {
          picture = Images.read(image);
        } catch (IOException e) {
          lines.note("tilewise: " + Tilewise.message(e));
          allRead = false;
          continue;
        }
        if (!header) {
          lines.text(String.format("%-40s %-12s %s", "image", "class", "probability"));
          header = true;
        }
        classify(network, image, picture, lines);
      }
    }
    return allRead ? 0 : CommandLine.ExitCode.USAGE;
  }

  private static void classify(Network network, Path image, RgbImage picture, JsonLines lines)
      throws IOException {
    Shape shape = network.inputShape();
    float[] pixels = Images.networkInput(picture, shape.w(), shape.h(), shape.c());
    double[] p;
    try (Arena arena = Arena.ofShared()) {
      Tensor x = Tensor.of(arena, shape.withBatch(1), Layout.NHWC, pixels);
      p = SoftmaxCrossEntropy.probabilities(network.predict(x));
    }
    int best = 0;
    for (int i = 1; i < p.length; i++) {
      best = p[i] > p[best] ? i : best;
    }
    String label = network.classNames().isEmpty() ? "" + best : network.classNames().get(best);
    lines.text(String.format(Locale.ROOT, "%-40s %-12s %.4f", image, label, p[best]));
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("image", image.toString());
    object.put("label", label);
    object.put("score", p[best]);
    lines.object(object);
  }
}
