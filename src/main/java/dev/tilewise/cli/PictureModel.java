package dev.tilewise.cli;

import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import dev.tilewise.data.ImageInput;
import dev.tilewise.data.Images;
import dev.tilewise.data.RgbImage;
import dev.tilewise.graph.CompileOptions;
import dev.tilewise.graph.CompiledGraph;
import dev.tilewise.graph.Dims;
import dev.tilewise.graph.Value;
import dev.tilewise.nn.Network;
import dev.tilewise.train.SoftmaxCrossEntropy;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;

/** A network that tells what pictures show, from whatever file. */
interface PictureModel {

  /** How pixels become numbers. */
  enum Pixels {
    /** What the file's producer implies. */
    AUTO,
    /** RGB from 0 to 1, minus ImageNet's mean, by its standard deviation: torchvision. */
    IMAGENET,
    /** BGR from 0 to 255: Caffe without a mean, as SqueezeNet. */
    CAFFE,
    /** RGB from 0 to 1. */
    UNIT,
    /** RGB from -1 to 1: Keras' MobileNet. */
    SIGNED
  }

  /** The names of the classes; empty if they are numbers. */
  List<String> classNames();

  /** How many classes there are. */
  long classes();

  /** The probability of each class. */
  double[] probabilities(RgbImage picture);

  static PictureModel load(Path file, Pixels pixels) throws IOException {
    ModelKind kind = ModelKind.of(file);
    if (kind != ModelKind.NETWORK) {
      return graph(file, kind, pixels);
    }
    Network network = Network.load(file);
    if (pixels != Pixels.AUTO) {
      throw new IllegalArgumentException(
          "--pixels is for ONNX models and graphs; " + file + " is trained on pixels from 0 to 1");
    }
    return own(network);
  }

  private static PictureModel own(Network network) {
    return new PictureModel() {
      @Override
      public List<String> classNames() {
        return network.classNames();
      }

      @Override
      public long classes() {
        return network.outputShape().elements();
      }

      @Override
      public double[] probabilities(RgbImage picture) {
        Shape shape = network.inputShape();
        float[] numbers = Images.networkInput(picture, shape.w(), shape.h(), shape.c());
        try (Arena arena = Arena.ofShared()) {
          Tensor x = Tensor.of(arena, shape.withBatch(1), Layout.NHWC, numbers);
          return SoftmaxCrossEntropy.probabilities(network.predict(x));
        }
      }
    };
  }

  private static PictureModel graph(Path file, ModelKind kind, Pixels asked) throws IOException {
    GraphSource model = GraphSource.open(file);
    CompiledGraph graph = model.compile(CompileOptions.fastest());
    Dims in = graph.inputs().isEmpty() ? Dims.of() : graph.inputs().getFirst().dims();
    if (graph.inputs().size() != 1
        || in.rank() != 4
        || in.get(0) != 1
        || in.get(1) != 1 && in.get(1) != 3) {
      throw new IllegalArgumentException(
          file + ": classify takes models of one image, 1x3xHxW or 1x1xHxW, not " + graph.inputs());
    }
    Value scores = graph.outputs().getFirst();
    if (scores.dims().elements() == 0) {
      throw new IllegalArgumentException(file + ": its output " + scores + " has no classes");
    }
    boolean gray = in.get(1) == 1;
    if (gray && asked != Pixels.AUTO) {
      throw new IllegalArgumentException(
          "--pixels is for colour; " + file + " takes gray images, whose pixels go from 0 to 1");
    }
    if (!gray && asked == Pixels.AUTO && kind == ModelKind.GRAPH) {
      throw new IllegalArgumentException(
          file + ": a saved graph does not say what its pixels are; --pixels must");
    }
    boolean caffe = model.producer().startsWith("onnx-caffe2");
    Pixels auto = caffe ? Pixels.CAFFE : Pixels.IMAGENET;
    Pixels pixels = asked == Pixels.AUTO ? auto : asked;
    return new PictureModel() {
      @Override
      public List<String> classNames() {
        return List.of();
      }

      @Override
      public long classes() {
        return graph.outputs().getFirst().dims().elements();
      }

      @Override
      public double[] probabilities(RgbImage picture) {
        Tensor x = Tensor.allocate(Arena.ofAuto(), in.shape(), Layout.NHWC);
        if (gray) {
          x.copyFrom(Images.networkInput(picture, in.get(3), in.get(2), 1), Layout.NHWC);
        } else {
          input(pixels, in).into(picture, x, 0);
        }
        float[] scores = graph.run(List.of(x.toArray(Layout.NCHW)), Workers.serial()).getFirst();
        return isDistribution(scores) ? widened(scores) : SoftmaxCrossEntropy.probabilities(scores);
      }
    };
  }

  /** The largest central part of the input's proportions is resized. */
  private static ImageInput input(Pixels pixels, Dims in) {
    ImageInput cut = ImageInput.levels().cover(in.get(3), in.get(2));
    return switch (pixels) {
      case CAFFE -> cut.bgr();
      case UNIT -> cut.scale(1 / 255f);
      case SIGNED -> cut.scale(1 / 127.5f).mean(1, 1, 1);
      default -> cut.scale(1 / 255f).mean(0.485f, 0.456f, 0.406f).std(0.229f, 0.224f, 0.225f);
    };
  }

  /** Whether a softmax is in the model already. */
  private static boolean isDistribution(float... scores) {
    double sum = 0;
    for (float score : scores) {
      if (!(score >= 0)) {
        return false;
      }
      sum += score;
    }
    return Math.abs(sum - 1) < 1e-3;
  }

  private static double[] widened(float... values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }
}
