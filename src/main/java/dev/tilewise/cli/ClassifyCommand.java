package dev.tilewise.cli;

import dev.tilewise.data.Images;
import dev.tilewise.data.RgbImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
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
      "Says what pictures show, by a network that train has saved, an ONNX model or a graph.",
      "Prints for each picture the most probable classes and their probabilities. A picture that"
          + " cannot be read is named, and the others are classified; the exit code is 2 then.",
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
      description = "The file that train --save wrote, an ONNX file or a graph that was saved.")
  private Path model;

  @Option(
      names = "--labels",
      paramLabel = "FILE",
      description =
          "Names of the classes, one a line; a number in front, as in \"281,tabby\", is left out.")
  private Path labels;

  @Option(
      names = "--top",
      paramLabel = "N",
      description = "How many classes are printed for each picture; default ${DEFAULT-VALUE}.")
  private int top = 1;

  @Option(
      names = "--pixels",
      paramLabel = "HOW",
      description = {
        "How an ONNX model or a graph wants its pixels, one of ${COMPLETION-CANDIDATES}; default"
            + " ${DEFAULT-VALUE}.",
        "IMAGENET: RGB from 0 to 1, minus the mean, by the standard deviation of ImageNet, as"
            + " torchvision has it. CAFFE: BGR from 0 to 255. UNIT: RGB from 0 to 1. SIGNED: RGB"
            + " from -1 to 1. AUTO: CAFFE for ONNX files of onnx-caffe2, IMAGENET for other ONNX files;"
            + " other graphs do not say, and gray images have no choice."
      })
  private PictureModel.Pixels pixels = PictureModel.Pixels.AUTO;

  @Parameters(
      arity = "1..*",
      paramLabel = "IMAGE",
      description = "Pictures: PNG, JPEG, GIF, BMP or TIFF.")
  private List<Path> images;

  @Override
  public Integer call() throws IOException {
    Require.positive("--top", top);
    json.requireOther("--model", model);
    json.requireOther("--labels", labels);
    for (Path image : images) {
      json.requireOther("a picture", image);
    }
    PictureModel network = PictureModel.load(model, pixels);
    List<String> names = labels == null ? network.classNames() : names(labels);
    if (!names.isEmpty() && names.size() != network.classes()) {
      throw new IllegalArgumentException(
          (labels == null ? model : labels)
              + ": "
              + names.size()
              + " class names for "
              + network.classes()
              + " classes of "
              + model);
    }
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
        double[] probabilities = finite(network.probabilities(picture), image);
        if (!header) {
          lines.text(String.format("%-" + width() + "s %-12s %s", "image", "probability", "class"));
          header = true;
        }
        classify(probabilities, names, image, lines);
      }
    }
    return allRead ? 0 : CommandLine.ExitCode.USAGE;
  }

  private double[] finite(double[] probabilities, Path image) {
    for (double p : probabilities) {
      if (!Double.isFinite(p)) {
        throw new IllegalArgumentException(
            model + ": what it makes of " + image + " are no finite numbers");
      }
    }
    return probabilities;
  }

  /** Lines of a file, without the number of the class if each begins with it. */
  private static List<String> names(Path file) throws IOException {
    List<String> lines = TextFile.lines(file);
    boolean numbered = !lines.isEmpty();
    for (int i = 0; i < lines.size(); i++) {
      numbered &= lines.get(i).startsWith(i + ",");
    }
    boolean strip = numbered;
    return lines.stream().map(l -> strip ? l.substring(l.indexOf(',') + 1) : l).toList();
  }

  /** Of the first column. */
  private int width() {
    return images.stream().mapToInt(image -> image.toString().length()).max().orElse(1) + 1;
  }

  private void classify(double[] p, List<String> names, Path image, JsonLines lines)
      throws IOException {
    int[] order =
        IntStream.range(0, p.length)
            .boxed()
            .sorted(Comparator.comparingDouble((Integer i) -> p[i]).reversed())
            .mapToInt(Integer::intValue)
            .toArray();
    for (int i = 0; i < Math.min(top, order.length); i++) {
      String label = names.isEmpty() ? "" + order[i] : names.get(order[i]);
      String first = i == 0 ? image.toString() : "";
      lines.text(
          String.format(Locale.ROOT, "%-" + width() + "s %-12.4f %s", first, p[order[i]], label));
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("image", image.toString());
      object.put("label", label);
      object.put("score", p[order[i]]);
      lines.object(object);
    }
  }
}
