package dev.tilewise.data;

import static dev.tilewise.data.TestFiles.LABELS_MAGIC;
import static dev.tilewise.data.TestFiles.assertBadData;
import static dev.tilewise.data.TestFiles.assertRefused;
import static dev.tilewise.data.TestFiles.cifar10;
import static dev.tilewise.data.TestFiles.gzip;
import static dev.tilewise.data.TestFiles.idx;
import static dev.tilewise.data.TestFiles.idxImages;
import static dev.tilewise.data.TestFiles.idxLabels;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatasetFolderTest {
  @TempDir Path folder;

  private void file(String name, byte[] content) throws IOException {
    Files.write(folder.resolve(name), content);
  }

  private void pair(String half, int count) throws IOException {
    file(half + "-images-idx3-ubyte", idxImages(count, 3, 4));
    file(half + "-labels-idx1-ubyte", idxLabels(count));
  }

  private void assertSizes(int train, int test, TrainTest found) {
    assertEquals(train, found.train().size());
    assertEquals(test, found.test().size());
  }

  @Test
  void bothPairsAreTrainingAndTest() throws IOException {
    pair("train", 12);
    pair("t10k", 7);
    assertSizes(12, 7, DatasetFolder.open(folder, 0, 0));
    assertSizes(5, 7, DatasetFolder.open(folder, 5, -1));
    assertSizes(12, 3, DatasetFolder.open(folder, 0, 3));
    assertRefused(
        folder + ": has 12 training images, 13 were asked for",
        () -> DatasetFolder.open(folder, 13, 0));
    assertRefused(
        folder + ": has 7 test images, 8 were asked for", () -> DatasetFolder.open(folder, 0, 8));
  }

  @Test
  void onePairIsSplit() throws IOException {
    pair("t10k", 11);
    assertSizes(8, 3, DatasetFolder.open(folder, 0, 0));
    assertSizes(4, 7, DatasetFolder.open(folder, 4, 0));
    assertSizes(6, 5, DatasetFolder.open(folder, 0, 5));
    TrainTest split = DatasetFolder.open(folder, 4, 3);
    assertArrayEquals(new int[] {0, 1, 2, 3}, split.train().labels());
    assertArrayEquals(new int[] {4, 5, 6}, split.test().labels());
  }

  @Test
  void splitsBeyondWhatIsThereAreRefused() throws IOException {
    pair("train", 11);
    String start = folder + ": has 11 images in all, which cannot give ";
    assertRefused(start + "8 training and 4 test", () -> DatasetFolder.open(folder, 8, 4));
    assertRefused(start + "11 training and any test", () -> DatasetFolder.open(folder, 11, 0));
    assertRefused(start + "any training and 11 test", () -> DatasetFolder.open(folder, 0, 11));
    int most = Integer.MAX_VALUE;
    assertRefused(start + most, () -> DatasetFolder.open(folder, most, most));
  }

  @Test
  void usualVariantsOfNamesAreFound() throws IOException {
    file("train-images.idx3-ubyte.gz", gzip(idxImages(12, 3, 4)));
    file("train-labels.idx1-ubyte", idxLabels(12));
    file("t10k-images-idx3-ubyte.gz", gzip(idxImages(7, 3, 4)));
    file("t10k-labels.idx1-ubyte.gz", gzip(idxLabels(7)));
    assertSizes(12, 7, DatasetFolder.open(folder, 0, 0));
  }

  @Test
  void classesAreThoseOfBothHalves() throws IOException {
    pair("train", 12);
    pair("t10k", 2);
    file("t10k-labels-idx1-ubyte", idx(LABELS_MAGIC, new int[] {2}, new byte[] {3, 25}));
    TrainTest found = DatasetFolder.open(folder, 0, 0);
    assertEquals(26, found.train().classNames().size());
    assertEquals(found.train().classNames(), found.test().classNames());
  }

  @Test
  void halfAPairIsRefused() throws IOException {
    pair("train", 12);
    Files.delete(folder.resolve("train-labels-idx1-ubyte"));
    assertBadData(
        folder.resolve("train-images-idx3-ubyte"),
        "its label file train-labels-idx1-ubyte[.gz] is missing",
        () -> DatasetFolder.open(folder, 0, 0));
    pair("train", 12);
    Files.delete(folder.resolve("train-images-idx3-ubyte"));
    assertBadData(
        folder.resolve("train-labels-idx1-ubyte"),
        "its image file train-images-idx3-ubyte[.gz] is missing",
        () -> DatasetFolder.open(folder, 0, 0));
  }

  @Test
  void halvesOfDifferentExtentsAreRefused() throws IOException {
    pair("train", 12);
    pair("t10k", 7);
    file("t10k-images-idx3-ubyte", idxImages(7, 4, 3));
    assertBadData(
        folder,
        "training images are 4x3x1 but test images are 3x4x1",
        () -> DatasetFolder.open(folder, 0, 0));
  }

  @Test
  void cifarBatchesAreTrainingAndTest() throws IOException {
    file("data_batch_1.bin", cifar10(4));
    file("data_batch_3.bin", cifar10(2));
    file("test_batch.bin", cifar10(3));
    file("other.bin", new byte[7]);
    assertSizes(6, 3, DatasetFolder.open(folder, 0, 0));
    Files.delete(folder.resolve("test_batch.bin"));
    assertSizes(4, 2, DatasetFolder.open(folder, 4, 0));
  }

  @Test
  void aSingleBinOfAnyNameIsSplit() throws IOException {
    file("mine.bin", cifar10(10));
    file("notes.txt", new byte[7]);
    assertSizes(8, 2, DatasetFolder.open(folder, 0, 0));
  }

  @Test
  void unknownFoldersSayWhatIsLookedFor() throws IOException {
    String problem = "found neither MNIST (train-images-idx3-ubyte[.gz] with train-labels";
    assertBadData(folder, problem, () -> DatasetFolder.open(folder, 0, 0));
    file("a.bin", cifar10(1));
    file("b.bin", cifar10(1));
    assertBadData(folder, problem, () -> DatasetFolder.open(folder, 0, 0));
  }

  @Test
  void bothKindsInOneFolderAreRefused() throws IOException {
    pair("train", 12);
    file("test_batch.bin", cifar10(3));
    assertBadData(folder, "holds both MNIST and CIFAR-10", () -> DatasetFolder.open(folder, 0, 0));
  }

  @Test
  void foldersThatAreNoneAreRefused() throws IOException {
    Path missing = folder.resolve("missing");
    assertBadData(missing, "no such directory", () -> DatasetFolder.open(missing, 0, 0));
    file("file", new byte[1]);
    Path file = folder.resolve("file");
    assertBadData(file, "is not a directory", () -> DatasetFolder.open(file, 0, 0));
  }

  @Test
  void realFoldersAreSplit() throws IOException {
    assertSizes(8000, 2000, DatasetFolder.open(TestFiles.realData("mnist"), 0, 0));
    assertSizes(8000, 1500, DatasetFolder.open(TestFiles.realData("mnist"), 8000, 1500));
    assertSizes(80, 20, DatasetFolder.open(TestFiles.realData("cifar10"), 0, 0));
  }
}
