package dev.tilewise;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Winograd has orders of summation of its own, which no plain loop repeats: that they do not depend
 * on the width of vectors is seen by a process with another one.
 */
class WinogradWidthsTest {

  /** Channels and filters beside whole vectors of each width; phases, lattices and groups. */
  private static final List<String> CASES =
      List.of(
          "n1c19h13w11 k37f3p1",
          "n1c16h9w17 k5f5p2",
          "n2c6h15w14 k18g2f7s2p3",
          "n1c9h12w12 k20f3p2d2",
          "n2c21h7w7 k38f3p1",
          "n1c5h8w19 k33f1x7p0x3");

  /**
   * Prints a checksum of the outputs of each case and algorithm.
   *
   * @param args none
   */
  public static void main(String[] args) {
    System.out.print(checksums());
  }

  private static String checksums() {
    StringBuilder lines = new StringBuilder();
    for (String text : CASES) {
      ConvCase e = ConvCase.parse(text);
      ConvData data = ConvData.random(e, Values.UNIT, 3, ConvCases.Surround.NOTHING);
      for (Algorithm algorithm : ConvRun.all(e)) {
        CRC32 checksum = new CRC32();
        for (float value : ConvRun.run(algorithm, data)) {
          int bits = Float.floatToIntBits(value);
          for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
            checksum.update(bits >>> shift);
          }
        }
        lines.append(text).append(' ').append(algorithm).append(' ').append(checksum.getValue());
        lines.append('\n');
      }
    }
    return lines.toString();
  }

  @ParameterizedTest
  @ValueSource(strings = {"UseAVX=2", "MaxVectorSize=16"})
  void anotherVectorWidthGivesTheSameBits(String width) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Processors without AVX do not know the first: their width is the same then.
    command.addAll(List.of("-XX:+IgnoreUnrecognizedVMOptions", "-XX:" + width));
    command.addAll(List.of("--add-modules", "jdk.incubator.vector", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(WinogradWidthsTest.class.getName());
    Process other =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String printed = new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, other.waitFor());
    assertEquals(checksums(), printed);
  }
}
