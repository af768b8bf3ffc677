package dev.tilewise.internal.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class TargetTest {

  @TempDir private Path folder;

  private static void write(Path file, String text) throws IOException {
    Target.of(file).write(out -> out.write(StandardCharsets.UTF_8.encode(text)));
  }

  private long files() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.count();
    }
  }

  @Test
  void aFileIsReplaced() throws IOException {
    Path file = Files.writeString(folder.resolve("a"), "a long text that was there");
    write(file, "new");
    assertEquals("new", Files.readString(file));
    assertEquals(1, files());
  }

  @Test
  void aLinkStaysAndItsTargetIsReplaced() throws IOException {
    Path file = Files.writeString(folder.resolve("a"), "old");
    Path near = Files.createSymbolicLink(folder.resolve("b"), Path.of("a"));
    Path far = Files.createSymbolicLink(folder.resolve("c"), near);
    write(far, "new");
    assertTrue(Files.isSymbolicLink(far) && Files.isSymbolicLink(near));
    assertEquals("new", Files.readString(file));
    Path dangling = Files.createSymbolicLink(folder.resolve("d"), Path.of("e"));
    write(dangling, "made");
    assertTrue(Files.isSymbolicLink(dangling));
    assertEquals("made", Files.readString(folder.resolve("e")));
  }

  @Test
  @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aPipeIsWrittenInPlace() throws Exception {
    Path pipe = folder.resolve("pipe");
    assumeTrue(isMade("mkfifo", pipe.toString()), "no mkfifo");
    Path link = Files.createSymbolicLink(folder.resolve("link"), pipe);
    for (Path name : new Path[] {pipe, link}) {
      Target.of(name).rehearse();
      CompletableFuture<String> read =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return Files.readString(pipe);
                } catch (IOException e) {
                  return e.toString();
                }
              });
      write(name, "through the pipe");
      assertEquals("through the pipe", read.get(10, TimeUnit.SECONDS));
      assertTrue(Target.isSpecial(pipe));
    }
    assertEquals(2, files());
  }

  private static boolean isMade(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void aFailureLeavesWhatWasThere() throws IOException {
    Path file = Files.writeString(folder.resolve("a"), "old");
    assertThrows(
        IOException.class,
        () ->
            Target.of(file)
                .write(
                    out -> {
                      out.write(ByteBuffer.allocate(3));
                      throw new IOException("full");
                    }));
    assertEquals("old", Files.readString(file));
    assertEquals(1, files());
  }

  @Test
  void aRehearsalLeavesNothing() throws IOException {
    Target.of(folder.resolve("a")).rehearse();
    assertEquals(0, files());
    assertFalse(Files.exists(folder.resolve("a")));
    assertThrows(
        IOException.class, () -> Target.of(folder.resolve("none").resolve("a")).rehearse());
  }
}
