package dev.tilewise.data;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A directory that holds MNIST or CIFAR-10 files under their usual names.
 *
 * <ul>
 *   <li>MNIST: {@code train-images-idx3-ubyte} with {@code train-labels-idx1-ubyte}, {@code t10k-}
 *       likewise; a dot before {@code idx} and {@code .gz} at the end are recognised too.
 *   <li>CIFAR-10: {@code data_batch_1.bin} to {@code data_batch_5.bin}, as many as are there, and
 *       {@code test_batch.bin}; or a single file {@code *.bin} of any name.
 * </ul>
 */
public final class DatasetFolder {
  private DatasetFolder() {}

  /**
   * Reads the directory.
   *
   * <p>With training and test files, each limit keeps that many images from the start. With only
   * one kind, its first {@code limitTrain} images are for training and the next {@code limitTest}
   * for testing; a limit that is not given takes what the other leaves, and with neither the first
   * 80 % are for training.
   *
   * @param directory where the files are
   * @param limitTrain how many images to train with; 0 or less: not given
   * @param limitTest how many images to test with; 0 or less: not given
   * @return both halves, of the same extents and classes
   * @throws BadDataException if the directory or what is looked for is missing, a file is damaged,
   *     or training and test images differ in extents
   * @throws IllegalArgumentException if there are fewer images than the limits ask for
   */
  public static TrainTest open(Path directory, int limitTrain, int limitTest)
      throws BadDataException {
    if (!Files.isDirectory(directory)) {
      throw new BadDataException(
          directory, Files.exists(directory) ? "is not a directory" : "no such directory");
    }
    Found found = find(directory);
    if (found.train == null || found.test == null) {
      Dataset all = found.train == null ? found.test : found.train;
      return split(directory, all, limitTrain, limitTest);
    }
    return limited(directory, found.train, found.test, limitTrain, limitTest);
  }

  /**
   * Whether {@link #open} has to divide one set of files, because the directory does not have both
   * training and test files.
   *
   * @param directory where the files are
   * @return true unless there are files of both kinds
   */
  public static boolean isSplit(Path directory) {
    boolean mnist = hasMnist(directory, "train") && hasMnist(directory, "t10k");
    boolean cifar10 = !trainBatches(directory).isEmpty() && Files.exists(testBatch(directory));
    return !mnist && !cifar10;
  }

  private static boolean hasMnist(Path directory, String half) {
    return idxFile(directory, half + "-images", "idx3-ubyte") != null;
  }

  /** What the files of one kind hold; a half without files is null. */
  private record Found(Dataset train, Dataset test) {
    boolean nothing() {
      return train == null && test == null;
    }
  }

  private static Found find(Path directory) throws BadDataException {
    Found mnist = new Found(readMnist(directory, "train"), readMnist(directory, "t10k"));
    Found cifar10 = readCifar10(directory);
    if (!mnist.nothing() && !cifar10.nothing()) {
      throw new BadDataException(directory, "holds both MNIST and CIFAR-10 files, expected one");
    }
    if (mnist.nothing() && cifar10.nothing()) {
      return new Found(Cifar10.read(List.of(onlyBin(directory))), null);
    }
    return mnist.nothing() ? cifar10 : mnist;
  }

  private static Dataset readMnist(Path directory, String half) throws BadDataException {
    Path images = idxFile(directory, half + "-images", "idx3-ubyte");
    Path labels = idxFile(directory, half + "-labels", "idx1-ubyte");
    if (images == null && labels == null) {
      return null;
    }
    if (images == null) {
      throw new BadDataException(
          labels, "its image file %s-images-idx3-ubyte[.gz] is missing".formatted(half));
    }
    if (labels == null) {
      throw new BadDataException(
          images, "its label file %s-labels-idx1-ubyte[.gz] is missing".formatted(half));
    }
    return Idx.read(images, labels);
  }

  /** The file under the first of its usual names, or null. */
  private static Path idxFile(Path directory, String name, String type) {
    for (String usual : List.of(name + "-" + type, name + "." + type)) {
      for (String suffix : List.of("", ".gz")) {
        Path file = directory.resolve(usual + suffix);
        if (Files.exists(file)) {
          return file;
        }
      }
    }
    return null;
  }

  private static Found readCifar10(Path directory) throws BadDataException {
    List<Path> train = trainBatches(directory);
    Path test = testBatch(directory);
    return new Found(
        train.isEmpty() ? null : Cifar10.read(train),
        Files.exists(test) ? Cifar10.read(List.of(test)) : null);
  }

  private static List<Path> trainBatches(Path directory) {
    return IntStream.rangeClosed(1, 5)
        .mapToObj(i -> directory.resolve("data_batch_" + i + ".bin"))
        .filter(Files::exists)
        .toList();
  }

  private static Path testBatch(Path directory) {
    return directory.resolve("test_batch.bin");
  }

  /** The one file {@code *.bin} of a directory without usual names. */
  private static Path onlyBin(Path directory) throws BadDataException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory, "*.bin")) {
      stream.forEach(found::add);
    } catch (DirectoryIteratorException e) {
      throw DataFile.unreadable(directory, e.getCause());
    } catch (IOException e) {
      throw DataFile.unreadable(directory, e);
    }
    if (found.size() != 1) {
      throw new BadDataException(
          directory,
          "found neither MNIST (train-images-idx3-ubyte[.gz] with train-labels-idx1-ubyte[.gz],"
              + " t10k- likewise) nor CIFAR-10 (data_batch_1.bin to data_batch_5.bin and"
              + " test_batch.bin, or a single .bin file; here are "
              + found.size()
              + ")");
    }
    return found.get(0);
  }

  private static TrainTest split(Path directory, Dataset all, int limitTrain, int limitTest) {
    int size = all.size();
    long train = limitTrain;
    long test = limitTest;
    if (limitTrain <= 0) {
      train = limitTest <= 0 ? size * 4L / 5 : size - test;
    }
    if (limitTest <= 0) {
      test = size - train;
    }
    if (train < 1 || test < 1 || train + test > size) {
      throw new IllegalArgumentException(
          "%s: has %d images in all, which cannot give %s training and %s test images"
              .formatted(directory, size, wanted(limitTrain), wanted(limitTest)));
    }
    return all.split((int) train, (int) test);
  }

  private static String wanted(int limit) {
    return limit <= 0 ? "any" : Integer.toString(limit);
  }

  private static TrainTest limited(
      Path directory, Dataset train, Dataset test, int limitTrain, int limitTest)
      throws BadDataException {
    if (!train.extents().equals(test.extents())) {
      throw new BadDataException(
          directory,
          "training images are %s but test images are %s"
              .formatted(train.extents(), test.extents()));
    }
    // Numbered classes end at the largest label of a file, which may differ between the two.
    List<String> names =
        train.classNames().size() > test.classNames().size()
            ? train.classNames()
            : test.classNames();
    return new TrainTest(
        limited(directory, "training", train, limitTrain).withClassNames(names),
        limited(directory, "test", test, limitTest).withClassNames(names));
  }

  private static Dataset limited(Path directory, String half, Dataset all, int limit) {
    if (limit > all.size()) {
      throw new IllegalArgumentException(
          "%s: has %d %s images, %d were asked for".formatted(directory, all.size(), half, limit));
    }
    return limit <= 0 ? all : all.subset(0, limit);
  }
}
