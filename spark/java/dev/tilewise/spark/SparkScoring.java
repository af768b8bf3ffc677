package dev.tilewise.spark;

import dev.tilewise.Shape;
import dev.tilewise.data.Images;
import dev.tilewise.data.RgbImage;
import dev.tilewise.nn.Network;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Scores pictures on all executors of a Spark cluster: every task has a network of its own and
 * computes with its one thread, Spark runs as many tasks as there are cores.
 */
public final class SparkScoring {

  private static final StructType SCORED =
      new StructType()
          .add("path", DataTypes.StringType)
          .add("scores", DataTypes.createArrayType(DataTypes.FloatType))
          .add("executor", DataTypes.StringType);

  private SparkScoring() {}

  /**
   * The job for {@code spark-submit}.
   *
   * @param args a model file, a pattern of pictures such as {@code "hdfs://photos/*.png"}, and
   *     where the scores go as Parquet
   * @throws IOException if the model cannot be read
   */
  public static void main(String[] args) throws IOException {
    try (SparkSession spark = SparkSession.builder().appName("scoring").getOrCreate()) {
      score(spark, args[0], args[1]).write().parquet(args[2]);
    }
  }

  /**
   * Scores pictures.
   *
   * @param spark the session
   * @param model a file that {@link Network#save} wrote; every executor is sent its bytes
   * @param pictures a path or pattern of pictures
   * @return for every picture its path, its scores and the executor that computed them
   * @throws IOException if the model cannot be read
   */
  public static Dataset<Row> score(SparkSession spark, String model, String pictures)
      throws IOException {
    Broadcast<byte[]> bytes =
        JavaSparkContext.fromSparkContext(spark.sparkContext())
            .broadcast(Files.readAllBytes(Path.of(model)));
    String name = Path.of(model).getFileName().toString();
    return spark
        .read()
        .format("binaryFile")
        .load(pictures)
        .select("path", "content")
        .mapPartitions(
            (MapPartitionsFunction<Row, Row>) rows -> scored(rows, bytes.value(), name),
            Encoders.row(SCORED));
  }

  /** Runs on an executor, once for each partition. */
  private static Iterator<Row> scored(Iterator<Row> pictures, byte[] model, String name)
      throws IOException {
    Network network = network(model, name);
    String executor = SparkEnv.get().executorId();
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return pictures.hasNext();
      }

      @Override
      public Row next() {
        Row row = pictures.next();
        String path = row.getString(0);
        try {
          RgbImage picture = Images.read(row.<byte[]>getAs(1), Path.of(path));
          return RowFactory.create(path, scores(network, picture), executor);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    };
  }

  /** Loads a network from a copy of the file; the end of the name says what kind of file it is. */
  private static Network network(byte[] model, String name) throws IOException {
    Path file = Files.createTempFile("model", name);
    try {
      return Network.load(Files.write(file, model));
    } finally {
      Files.delete(file);
    }
  }

  /** The scores of one picture. */
  static float[] scores(Network network, RgbImage picture) {
    Shape in = network.inputShape();
    return network.predict(Images.networkInput(picture, in.w(), in.h(), in.c()));
  }
}
