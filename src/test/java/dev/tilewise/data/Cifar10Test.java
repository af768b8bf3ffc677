package dev.tilewise.data;

import static dev.tilewise.data.TestFiles.assertBadData;
import static dev.tilewise.data.TestFiles.assertRefused;
import static dev.tilewise.data.TestFiles.cifar10;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Cifar10Test {
  @TempDir Path folder;

  private Path file(String name, byte[] content) throws IOException {
    return Files.write(folder.resolve(name), content);
  }

  @Test
  void planesBecomePixels() throws IOException {
    byte[] records = cifar10(3);
    Dataset read = Cifar10.read(List.of(file("a", records)));
    assertEquals("3 images of 32x32x3 in 10 classes", read.toString());
    assertEquals(2, read.label(2));
    byte[] image = read.bytes(2);
    for (int y = 0; y < 32; y++) {
      for (int x = 0; x < 32; x++) {
        for (int c = 0; c < 3; c++) {
          byte stored = records[2 * 3073 + 1 + c * 1024 + y * 32 + x];
          assertEquals(stored, image[(y * 32 + x) * 3 + c]);
        }
      }
    }
  }

  @Test
  void filesFollowEachOther() throws IOException {
    byte[] records = cifar10(5);
    Path first = file("a", Arrays.copyOf(records, 2 * 3073));
    Path second = file("b", Arrays.copyOfRange(records, 2 * 3073, 5 * 3073));
    Dataset joined = Cifar10.read(List.of(first, second));
    Dataset whole = Cifar10.read(List.of(file("c", records)));
    assertArrayEquals(new int[] {0, 1, 2, 3, 4}, joined.labels());
    for (int i = 0; i < 5; i++) {
      assertArrayEquals(whole.bytes(i), joined.bytes(i));
    }
  }

  @Test
  void partsOfRecordsAreRefused() throws IOException {
    for (int size : new int[] {0, 1, 3072, 3074, 2 * 3073 - 1}) {
      Path file = file("a", new byte[size]);
      assertBadData(
          file,
          size + " bytes are not whole CIFAR-10 records of 3073 bytes",
          () -> Cifar10.read(List.of(file)));
    }
  }

  @Test
  void labelsAboveNineAreRefused() throws IOException {
    byte[] records = cifar10(3);
    records[2 * 3073] = (byte) 200;
    Path file = file("a", records);
    assertBadData(
        file,
        "record 2 has label 200, CIFAR-10 has labels 0 to 9",
        () -> Cifar10.read(List.of(file)));
  }

  @Test
  void missingFilesAreRefused() {
    Path missing = folder.resolve("missing.bin");
    assertBadData(missing, "no such file", () -> Cifar10.read(List.of(missing)));
    assertRefused("cifar-10: no files given", () -> Cifar10.read(List.of()));
  }

  @Test
  void realImagesHaveTheLabelsOfTheirList() throws IOException {
    Path real = TestFiles.realData("cifar10");
    Dataset read = Cifar10.read(List.of(real.resolve("batch_100.bin")));
    List<String> lines = Files.readAllLines(real.resolve("labels.csv"));
    assertEquals(lines.size() - 1, read.size());
    for (int i = 0; i < read.size(); i++) {
      int label = read.label(i);
      String found = label + "," + read.classNames().get(label);
      // Lines are "id,label,class"; ids are places in a larger set.
      assertEquals(lines.get(i + 1).split(",", 2)[1], found);
    }
  }
}
