package dev.tilewise.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.tilewise.Shape;
import dev.tilewise.data.Dataset;
import dev.tilewise.data.Images;
import dev.tilewise.data.SyntheticDigits;
import dev.tilewise.nn.Network;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two executors, each a process of its own, as on two machines. */
class SparkScoringTest {

  private static final int PICTURES = 400;

  @TempDir Path folder;

  @Test
  void executorsComputeTheBitsOfTheDriver() throws IOException {
    Dataset digits = SyntheticDigits.generate(PICTURES, 7);
    Path pictures = Files.createDirectory(folder.resolve("pictures"));
    for (int i = 0; i < PICTURES; i++) {
      write(digits, i, pictures.resolve(i + ".png"));
    }
    Network network =
        Network.sequential(Shape.image(28, 28, 1))
            .conv(20, 5)
            .relu()
            .maxPool(2)
            .conv(50, 5)
            .relu()
            .maxPool(2)
            .dense(500)
            .relu()
            .dense(10)
            .build(1);
    Path model = folder.resolve("digits.tw");
    network.save(model);

    List<Row> rows;
    long start = System.nanoTime();
    try (SparkSession spark = session()) {
      rows = SparkScoring.score(spark, model.toString(), pictures.toString()).collectAsList();
    }
    System.out.printf("%d pictures, %.1f s%n", rows.size(), (System.nanoTime() - start) / 1e9);

    assertEquals(PICTURES, rows.stream().map(row -> row.getString(0)).distinct().count());
    for (Row row : rows) {
      Path picture = Path.of(URI.create(row.getString(0)));
      float[] expected = SparkScoring.scores(network, Images.read(picture));
      List<Float> scores = row.getList(1);
      float[] actual = new float[scores.size()];
      for (int i = 0; i < actual.length; i++) {
        actual[i] = scores.get(i);
      }
      assertArrayEquals(expected, actual, picture.toString());
    }
    Map<String, Long> shares =
        rows.stream()
            .collect(
                Collectors.groupingBy(
                    row -> row.getString(2), TreeMap::new, Collectors.counting()));
    System.out.println("pictures of each executor: " + shares);
    assertEquals(List.of("0", "1"), List.copyOf(shares.keySet()));
  }

  private static SparkSession session() throws IOException {
    // Whoever starts an executor looks for Spark's jars there; all that is needed is on
    // extraClassPath.
    Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
    return SparkSession.builder()
        .appName("scoring")
        .master("local-cluster[2,1,1024]")
        .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
        // Otherwise one executor may have done everything before the other has started.
        .config("spark.cores.max", 2)
        .config("spark.scheduler.minRegisteredResourcesRatio", 1.0)
        .config("spark.scheduler.maxRegisteredResourcesWaitingTime", "60s")
        .config("spark.ui.enabled", false)
        .config("spark.log.level", "WARN")
        .getOrCreate();
  }

  private static void write(Dataset digits, int i, Path file) throws IOException {
    int width = digits.width();
    byte[] bytes = digits.bytes(i);
    BufferedImage image = new BufferedImage(width, digits.height(), BufferedImage.TYPE_BYTE_GRAY);
    image.getRaster().setDataElements(0, 0, width, digits.height(), bytes);
    ImageIO.write(image, "png", file.toFile());
  }
}
