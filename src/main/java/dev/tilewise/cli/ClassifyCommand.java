package dev.tilewise.cli;

import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.data.Images;
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
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says what pictures show. */
@Command(
    name = "classify",
    mixinStandardHelpOptions = true,
    description = "Says what pictures show, by a network that train has saved.")
final class ClassifyCommand implements Callable<Integer> {

  @Mixin private JsonLines json;

  @Option(names = "--model", required = true, paramLabel = "FILE", description = "The network.")
  private Path model;

  @Parameters(arity = "1..*", paramLabel = "IMAGE", description = "Any picture that Java reads.")
  private List<Path> images;

  @Override
  public Integer call() throws IOException {
    Network network = Network.load(model);
    Shape shape = network.inputShape();
    try (Arena arena = Arena.ofShared();
        JsonLines lines = json.open()) {
      for (Path image : images) {
        float[] pixels = Images.networkInput(Images.read(image), shape.w(), shape.h(), shape.c());
        Tensor x = Tensor.of(arena, shape.withBatch(1), Layout.NHWC, pixels);
        double[] p = SoftmaxCrossEntropy.probabilities(network.predict(x));
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
    return 0;
  }
}
