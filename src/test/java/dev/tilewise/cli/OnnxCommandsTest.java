package dev.tilewise.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.tilewise.format.Npy;
import dev.tilewise.format.NpyArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
  void whatIsNoModelIsRefusedInOneLine() throws IOException {
    Path file = Files.writeString(folder.resolve("no.onnx"), "this is no model");
    Path in = folder.resolve("x.npy");
    Npy.write(in, new NpyArray(new int[] {1}, new float[1]));
    Invocation run =
        Invocation.of(
            "run", "--model", file.toString(), "--input", in.toString(), "--output", "y.npy");
    run.refusedWith("no.onnx");
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
    run.refusedWith("2 class names for 1000 classes");
  }
}
