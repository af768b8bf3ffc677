package dev.tilewise.jmh;

import dev.tilewise.Activation;
import dev.tilewise.Algorithm;
import dev.tilewise.Conv2d;
import dev.tilewise.ConvCase;
import dev.tilewise.ConvPlan;
import dev.tilewise.Filter;
import dev.tilewise.Layout;
import dev.tilewise.Tensor;
import dev.tilewise.WarmUp;
import dev.tilewise.Workers;
import dev.tilewise.Workspace;
import dev.tilewise.internal.kernel.FmaPeak;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/**
 * What JMH hides: how soon after the start of the process a layer runs at 90 % of its steady speed,
 * and whether its speed depends on what else the process has done with memory segments. Used by
 * {@code fresh-jvms.sh} and {@code memory-kinds.sh}.
 */
public final class SteadySpeed {

  private static final double SECONDS = 4;
  private static final int ACCESSES = 1_000_000;

  private SteadySpeed() {}

  private static final class Layer {
    private final Workspace workspace;
    private final ConvPlan plan;
    private final Tensor x;
    private final Tensor y;

    private Layer(String text) {
      ConvCase c = ConvCase.parse(text);
      Arena arena = Arena.ofAuto();
      float[] weights = new float[c.k() * c.groupC() * c.fh() * c.fw()];
      java.util.Arrays.fill(weights, 0.25f);
      Filter filter =
          Filter.of(weights, c.k(), c.groupC(), c.fh(), c.fw()).withBias(new float[c.k()]);
      plan =
          Conv2d.of(c, filter)
              .activation(Activation.RELU)
              .algorithm(Algorithm.DIRECT)
              .plan(c.input(), Layout.NHWC, arena);
      x = Tensor.allocate(arena, c.input(), Layout.NHWC);
      y = Tensor.allocate(arena, c.output(), Layout.NHWC);
      workspace = plan.workspace(arena);
    }

    private long nanos() {
      long start = System.nanoTime();
      plan.run(x, y, workspace, Workers.serial());
      return System.nanoTime() - start;
    }

    /** Median share of the peak over so many runs. */
    private double share(int runs) {
      FmaPeak.warmUp();
      List<Double> shares = new ArrayList<>();
      double before = FmaPeak.sample();
      for (int i = 0; i < runs; i++) {
        double gflops = 2.0 * plan.extents().macs() / nanos();
        double after = FmaPeak.sample();
        shares.add(gflops / Math.max(before, after));
        before = after;
      }
      Collections.sort(shares);
      return shares.get(runs / 2);
    }
  }

  /**
   * Runs one mode.
   *
   * @param args {@code start CASE}, or {@code warm CASE} for the same after a warm-up, or {@code
   *     kinds CASE before|after}
   * @throws IOException if no temporary file can be mapped
   */
  public static void main(String[] args) throws IOException {
    if (args[0].equals("start") || args[0].equals("warm")) {
      start(args[1], args[0].equals("warm"));
    } else {
      kinds(args[1], args[2].equals("before"));
    }
  }

  private static void start(String text, boolean warm) {
    // Not the operating system's: on Linux that is wrong by up to a second, because the time of the
    // machine's start, which it is counted from, is known in whole seconds.
    long zero = ManagementFactory.getRuntimeMXBean().getStartTime();
    Layer layer = new Layer(text);
    long planned = System.currentTimeMillis();
    if (warm) {
      WarmUp found = WarmUp.of(Duration.ofSeconds(10), layer.plan);
      System.out.printf(Locale.ROOT, "%s; at %.2f s%n", found, seconds(zero));
    }
    List<Long> nanos = new ArrayList<>();
    List<Long> ends = new ArrayList<>();
    while (System.currentTimeMillis() - zero < SECONDS * 1000) {
      nanos.add(layer.nanos());
      ends.add(System.currentTimeMillis());
    }
    List<Long> last = new ArrayList<>(nanos.subList(nanos.size() * 3 / 4, nanos.size()));
    Collections.sort(last);
    double steady = last.get(last.size() / 2);
    // The first of three runs in a row at 90 % of the steady speed: one fast run proves nothing.
    int i = 0;
    while (i + 2 < nanos.size()
        && Math.max(nanos.get(i), Math.max(nanos.get(i + 1), nanos.get(i + 2))) > steady / 0.9) {
      i++;
    }
    double seconds = (ends.get(i) - zero) / 1000.0;
    System.out.printf(
        Locale.ROOT,
        "%-26s planned at %.2f s, first run %7.3f x steady, %6.2f s to 90 %%   steady %.3f of peak %s%n",
        text,
        (planned - zero) / 1000.0,
        nanos.getFirst() / steady,
        seconds,
        layer.share(50),
        seconds <= 3 ? "ok" : "LATE");
  }

  private static double seconds(long since) {
    return (System.currentTimeMillis() - since) / 1000.0;
  }

  private static void kinds(String text, boolean before) throws IOException {
    if (before) {
      touchAllKinds();
    }
    Layer layer = new Layer(text);
    for (int i = 0; i < 200; i++) {
      layer.nanos();
    }
    double first = layer.share(200);
    touchAllKinds();
    for (int i = 0; i < 200; i++) {
      layer.nanos();
    }
    double second = layer.share(200);
    System.out.printf(
        Locale.ROOT,
        "%-26s other code %s: %.3f of peak; and after a million accesses more: %.3f, ratio %.3f%n",
        text,
        before ? "first" : "later",
        first,
        second,
        second / first);
  }

  private static void touchAllKinds() throws IOException {
    Path file = Files.createTempFile("tilewise", ".bin");
    try (Arena shared = Arena.ofShared();
        Arena confined = Arena.ofConfined();
        RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
      raw.setLength(4096);
      MemorySegment[] kinds = {
        MemorySegment.ofArray(new float[1024]),
        MemorySegment.ofArray(new byte[4096]),
        raw.getChannel().map(FileChannel.MapMode.READ_WRITE, 0, 4096, shared),
        shared.allocate(4096, 64),
        confined.allocate(4096, 64)
      };
      float sum = 0;
      for (int i = 0; i < ACCESSES; i++) {
        for (MemorySegment m : kinds) {
          long at = (i & 1023) * 4L;
          m.set(ValueLayout.JAVA_FLOAT_UNALIGNED, at, i);
          sum += m.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
        }
      }
      if (sum == 0) {
        throw new AssertionError("nothing was read");
      }
    } finally {
      Files.delete(file);
    }
  }
}
