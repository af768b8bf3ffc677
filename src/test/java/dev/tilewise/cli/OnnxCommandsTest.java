package dev.tilewise.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.format.Npy;
import dev.tilewise.format.NpyArray;
import dev.tilewise.graph.Dims;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.PlainFunction;
import dev.tilewise.graph.Value;
import dev.tilewise.nn.Network;
import dev.tilewise.onnx.OnnxModel;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** classify and run with models that others trained. */
class OnnxCommandsTest {

  @TempDir Path folder;

  private Path data;

  @BeforeEach
  void testData() {
    String root = System.getProperty("tilewise.testdata", "");
    assumeTrue(!root.isEmpty(), "tilewise.testdata is not set");
    data = Path.of(root);
  }

  private String squeezenet() {
    return data.resolve("models/squeezenet_v1.1/model.onnx").toString();
  }

  @Test
  void aKittenIsACat() {
    Invocation run =
        Invocation.of(
            "classify",
            "--model",
            squeezenet(),
            "--labels",
            data.resolve("models/imagenet_labels.txt").toString(),
            "--top",
            "2",
            data.resolve("images/photos/kitten.jpg").toString());
    run.ok();
    String[] lines = run.out().split("\n");
    assertEquals(3, lines.length, run.out());
    assertTrue(lines[1].contains("Egyptian cat"), run.out());
    assertTrue(lines[2].contains("tabby"), run.out());
  }

  @Test
  void runWritesWhatTheModelMakes() throws IOException {
    Path in = folder.resolve("x.npy");
    Path out = folder.resolve("y.npy");
    Npy.write(in, new NpyArray(new int[] {2, 3, 224, 224}, new float[2 * 3 * 224 * 224]));
    Invocation run =
        Invocation.of(
            "run", "--model", squeezenet(), "--input", in.toString(), "--output", out.toString());
    run.ok();
    NpyArray made = Npy.read(out);
    assertArrayEquals(new int[] {2, 1000, 1, 1}, made.shape());
    double sum = 0;
    for (int i = 0; i < 1000; i++) {
      assertEquals(made.values()[i], made.values()[1000 + i]);
      sum += made.values()[i];
    }
    assertEquals(1, sum, 1e-5);
  }

  @Test
  void aGraphThatWasSavedIsAModelToo() throws IOException {
    Path saved = folder.resolve("graph.safetensors");
    OnnxModel.load(Path.of(squeezenet())).graph().save(saved);
    Path in = folder.resolve("x.npy");
    Npy.write(in, new NpyArray(new int[] {1, 3, 224, 224}, new float[3 * 224 * 224]));
    float[][] made = new float[2][];
    for (String model : List.of(squeezenet(), saved.toString())) {
      Path out = folder.resolve("y.npy");
      Invocation.of("run", "--model", model, "--input", "" + in, "--output", "" + out).ok();
      made[model.equals(saved.toString()) ? 1 : 0] = Npy.read(out).values();
    }
    assertArrayEquals(made[0], made[1]);
    String kitten = data.resolve("images/photos/kitten.jpg").toString();
    Invocation run =
        Invocation.of("classify", "--model", saved.toString(), "--pixels", "CAFFE", kitten);
    run.ok();
    assertTrue(run.out().contains("285"), run.out());
    Invocation.of("classify", "--model", saved.toString(), kitten)
        .refusedWith("a saved graph does not say what its pixels are");
    // What a file holds decides, not its name.
    Path renamed = Files.copy(saved, folder.resolve("graph.bin"));
    Invocation.of("classify", "--model", "" + renamed, "--pixels", "CAFFE", kitten).ok();
    Npy.write(in, new NpyArray(new int[] {1, 3, 9, 9}, new float[3 * 81]));
    Invocation.of("run", "--model", "" + saved, "--input", "" + in, "--output", "y.npy")
        .refusedWith("x.npy: is of shape 1x3x9x9, but " + saved + " takes data_0 1x3x224x224");
  }

  @Test
  void runTakesNetworksOfLayers() throws IOException {
    Network network = Network.sequential(Shape.image(5, 4, 2)).conv(3, 3).relu().dense(2).build(1);
    float[] image = new float[40];
    for (int i = 0; i < image.length; i++) {
      image[i] = i % 7 - 3;
    }
    Path in = folder.resolve("x.npy");
    Npy.write(in, new NpyArray(new int[] {1, 2, 4, 5}, image));
    Path out = folder.resolve("y.npy");
    Path file = null;
    for (String name : List.of("net.tw", "net.SafeTensors")) {
      file = folder.resolve(name);
      network.save(file);
      Invocation.of("run", "--model", "" + file, "--input", "" + in, "--output", "" + out).ok();
      NpyArray made = Npy.read(out);
      assertArrayEquals(new int[] {1, 2, 1, 1}, made.shape());
      Tensor x = Tensor.of(Arena.ofAuto(), network.inputShape(), Layout.NCHW, image);
      float[] expected = network.predict(x.toArray(Layout.NHWC));
      for (int i = 0; i < 2; i++) {
        assertEquals(expected[i], made.values()[i], 1e-4 * Math.abs(expected[i]));
      }
    }
    Path other = Files.move(file, folder.resolve("net.bin"));
    Invocation.of("run", "--model", "" + other, "--input", "" + in, "--output", "" + out).ok();
    file = other;
    Npy.write(in, new NpyArray(new int[] {1, 3, 4, 5}, new float[60]));
    Invocation.of("run", "--model", "" + file, "--input", "" + in, "--output", "" + out)
        .refusedWith("takes image 1x2x4x5, or more images");
  }

  @Test
  void grayImagesHaveNoChoiceOfPixels() throws IOException {
    String digits = data.resolve("models/mnist_8/model.onnx").toString();
    Invocation.of("classify", "--model", digits, "--pixels", "UNIT", "x.png")
        .refusedWith("--pixels is for colour");
  }

  @Test
  void scoresThatAreNotFiniteAreNoClasses() throws IOException {
    GraphBuilder b = new GraphBuilder();
    Value x = b.input("x", Dims.of(1, 1, 8, 8));
    Value none = b.unary(b.flatten(b.subtract(x, x)), PlainFunction.RSQRT);
    Path file = folder.resolve("roots.safetensors");
    b.output(b.subtract(none, none)).build().save(file);
    String kitten = data.resolve("images/photos/kitten.jpg").toString();
    Invocation.of("classify", "--model", "" + file, kitten).refusedWith("are no finite numbers");
  }

  @Test
  void standardOutputReceivesTheArrayAlone() throws IOException, InterruptedException {
    assumeTrue(Files.exists(Path.of("/dev/stdout")));
    Path in = folder.resolve("x.npy");
    Npy.write(in, new NpyArray(new int[] {1, 3, 224, 224}, new float[3 * 224 * 224]));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.tilewise.cli.Main",
                "run",
                "--model",
                squeezenet(),
                "--input",
                in.toString(),
                "--output",
                "/dev/stdout")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    byte[] printed = process.getInputStream().readAllBytes();
    assertEquals(0, process.waitFor());
    NpyArray made = Npy.read(Files.write(folder.resolve("printed.npy"), printed));
    assertArrayEquals(new int[] {1, 1000, 1, 1}, made.shape());
  }

  @Test
  void whatIsNoModelIsRefusedInOneLine() throws IOException {
    Path file = Files.writeString(folder.resolve("no.onnx"), "this is no model");
    Path in = folder.resolve("x.npy");
    Npy.write(in, new NpyArray(new int[] {1}, new float[1]));
    Invocation run =
        Invocation.of(
            "run", "--model", file.toString(), "--input", in.toString(), "--output", "y.npy");
    run.refusedWith("no.onnx");
    Files.write(file, new byte[] {-1, -1, -1});
    Invocation.of("run", "--model", "" + file, "--input", in.toString(), "--output", "y.npy")
        .refusedWith("no.onnx: no ONNX model, or damaged: its fields cannot be told apart");
  }

  @Test
  void anInputOfAnotherShapeIsNamed() throws IOException {
    Path in = folder.resolve("x.npy");
    Npy.write(in, new NpyArray(new int[] {1, 3, 10, 10}, new float[300]));
    Invocation run =
        Invocation.of(
            "run", "--model", squeezenet(), "--input", in.toString(), "--output", "y.npy");
    run.refusedWith("x.npy: the input data_0 is of shape 1x3x10x10");
  }

  @Test
  void labelsAreAsManyAsClasses() throws IOException {
    Path labels = Files.writeString(folder.resolve("labels.txt"), "cat\ndog\n");
    Path none = folder.resolve("no picture is read.jpg");
    Invocation run =
        Invocation.of(
            "classify", "--model", squeezenet(), "--labels", labels.toString(), none.toString());
    run.refusedWith(labels + ": 2 class names for 1000 classes");
    String directory = folder.toString();
    Invocation.of("classify", "--model", squeezenet(), "--labels", directory, none.toString())
        .refusedWith(directory + ": is a directory");
  }
}
