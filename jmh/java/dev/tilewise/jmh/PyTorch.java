package dev.tilewise.jmh;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Activation;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.pytorch.jni.JniUtils;
import dev.tilewise.ConvCase;
import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.cli.Sample;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.Buffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * PyTorch through DJL: conv2d and relu, NCHW. It allocates each result; jmh/peers.sh keeps that
 * memory in the process, so that page faults are not part of the time.
 */
final class PyTorch implements Peer {

  private static final String ENGINE = "PyTorch";

  private final Engine engine = Engine.getEngine(ENGINE);

  /** Loads the library. */
  PyTorch(int threads) {
    JniUtils.setNumThreads(threads);
  }

  @Override
  public String name() {
    return ENGINE;
  }

  @Override
  public String version() {
    return engine.getVersion();
  }

  @Override
  public Contender bind(Sample sample, Arena arena) {
    Eager eager = new Eager(sample, arena);
    try {
      eager.run();
      return eager;
    } catch (EngineException e) {
      eager.close();
      throw new UnsupportedOperationException(e.getMessage(), e);
    }
  }

  private final class Eager implements Contender {

    private final NDManager manager = engine.newBaseManager(Device.cpu());
    private final Shape shape;
    private final Arena arena;
    private final NDArray x;
    private final NDArray weights;
    private final NDArray bias;
    private final ai.djl.ndarray.types.Shape stride;
    private final ai.djl.ndarray.types.Shape padding;
    private final ai.djl.ndarray.types.Shape dilation;
    private final int groups;
    private final boolean padded;

    Eager(Sample sample, Arena arena) {
      this.arena = arena;
      ConvCase c = sample.extents;
      shape = c.output();
      // PyTorch pads both sides alike; rows too many at the end do no harm if no output uses them.
      padded =
          alike(c.h(), c.pt(), c.fh(), c.dh(), c.sh()) != c.oh()
              || alike(c.w(), c.pl(), c.fw(), c.dw(), c.sw()) != c.ow();
      Tensor input = Tensor.allocate(arena, c.input(), Layout.NCHW).copyFrom(sample.x);
      x = padded ? array(padded(c, input)) : array(input);
      weights = array(sample.naive.w(), c.k(), c.groupC(), c.fh(), c.fw());
      bias = array(sample.naive.bias(), c.k());
      stride = new ai.djl.ndarray.types.Shape(c.sh(), c.sw());
      padding =
          padded
              ? new ai.djl.ndarray.types.Shape(0, 0)
              : new ai.djl.ndarray.types.Shape(c.pt(), c.pl());
      dilation = new ai.djl.ndarray.types.Shape(c.dh(), c.dw());
      groups = c.groups();
    }

    /** The extent of the output if the padding is on both sides what it is on the first. */
    private static int alike(int size, int padding, int filter, int dilation, int stride) {
      return Math.floorDiv(size + 2 * padding - dilation * (filter - 1) - 1, stride) + 1;
    }

    /** The input with its borders, made before the timing. */
    private Tensor padded(ConvCase c, Tensor input) {
      Shape inner = input.shape();
      Shape outer =
          new Shape(inner.n(), inner.c(), inner.h() + c.pt() + c.pb(), inner.w() + c.pl() + c.pr());
      Tensor all = Tensor.allocate(arena, outer, Layout.NCHW);
      for (long plane = 0; plane < (long) inner.n() * inner.c(); plane++) {
        for (int row = 0; row < inner.h(); row++) {
          MemorySegment.copy(
              input.segment(),
              (plane * inner.h() + row) * inner.w() * Float.BYTES,
              all.segment(),
              ((plane * outer.h() + row + c.pt()) * outer.w() + c.pl()) * Float.BYTES,
              (long) inner.w() * Float.BYTES);
        }
      }
      return all;
    }

    private NDArray array(Tensor t) {
      Shape s = t.shape();
      return array(t.segment(), s.n(), s.c(), s.h(), s.w());
    }

    private NDArray array(MemorySegment memory, long... dims) {
      if (memory.byteSize() > Integer.MAX_VALUE) {
        throw new UnsupportedOperationException("a tensor has more than 2 GB");
      }
      Buffer floats = memory.asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer();
      return manager.create(floats, new ai.djl.ndarray.types.Shape(dims), DataType.FLOAT32);
    }

    private NDArray compute() {
      try (NDArray sum =
          Conv2d.conv2d(x, weights, bias, stride, padding, dilation, groups).singletonOrThrow()) {
        return Activation.relu(sum);
      }
    }

    @Override
    public void run() {
      compute().close();
    }

    @Override
    public Tensor output() {
      try (NDArray y = compute()) {
        long[] dims = {shape.n(), shape.c(), shape.h(), shape.w()};
        if (!Arrays.equals(y.getShape().getShape(), dims)) {
          throw new IllegalStateException("PyTorch: the output is " + y.getShape());
        }
        Tensor output = Tensor.allocate(arena, shape, Layout.NCHW);
        float[] values = y.toFloatArray();
        MemorySegment.copy(values, 0, output.segment(), ValueLayout.JAVA_FLOAT, 0, values.length);
        return output;
      }
    }

    @Override
    public String how() {
      return padded ? "input padded before the timing" : "";
    }

    @Override
    public double warmUpSeconds() {
      return WARM_UP_SECONDS;
    }

    @Override
    public void close() {
      manager.close();
    }
  }
}
