package dev.tilewise.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.tilewise.Shape;
import dev.tilewise.WarmUp;
import dev.tilewise.Workers;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class NetworkWarmUpTest {

  private static Network network() {
    return Network.sequential(Shape.image(8, 8, 3)).conv(16, 3, 1, 1).relu().dense(5).build(1);
  }

  @Test
  void itSettlesAndChangesNoPrediction() {
    Network network = network();
    float[] image = new float[8 * 8 * 3];
    Arrays.fill(image, 0.5f);
    float[] before = network.predict(image);
    WarmUp found = network.warmUp(2, Workers.serial(), Duration.ofSeconds(60));
    assertTrue(found.settled(), found::toString);
    assertArrayEquals(before, network.predict(image));
    assertFalse(network.warmUp(1, Workers.serial(), Duration.ofMillis(5)).settled());
  }

  @Test
  void badArgumentsAreNamed() {
    Network network = network();
    Duration second = Duration.ofSeconds(1);
    assertEquals(
        "network: the batch must be positive, not 0",
        assertThrows(
                IllegalArgumentException.class, () -> network.warmUp(0, Workers.serial(), second))
            .getMessage());
    assertEquals(
        "workers",
        assertThrows(NullPointerException.class, () -> network.warmUp(1, null, second))
            .getMessage());
  }
}
