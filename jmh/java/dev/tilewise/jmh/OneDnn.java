package dev.tilewise.jmh;

import static org.bytedeco.dnnl.global.dnnl.*;

import dev.tilewise.ConvCase;
import dev.tilewise.Layout;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.cli.Sample;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.dnnl_engine;
import org.bytedeco.dnnl.dnnl_exec_arg_t;
import org.bytedeco.dnnl.dnnl_memory;
import org.bytedeco.dnnl.dnnl_memory_desc;
import org.bytedeco.dnnl.dnnl_post_ops;
import org.bytedeco.dnnl.dnnl_primitive;
import org.bytedeco.dnnl.dnnl_primitive_attr;
import org.bytedeco.dnnl.dnnl_primitive_desc;
import org.bytedeco.dnnl.dnnl_stream;
import org.bytedeco.dnnl.dnnl_version_t;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * oneDNN through its C interface. Weights are always in the layout it asks for. Input and output
 * are NHWC, or else in the layouts it asks for as well, which favours it: a program that has NHWC
 * or NCHW pays for the reorders that are outside the timing here.
 */
final class OneDnn implements Peer {

  private final boolean blocked;
  private final dnnl_engine engine = new dnnl_engine();
  private final dnnl_stream stream = new dnnl_stream();

  /**
   * Loads the library.
   *
   * @param blocked whether it chooses the layouts of input and output
   */
  OneDnn(boolean blocked) {
    this.blocked = blocked;
    require(dnnl_engine_create(engine, dnnl_cpu, 0), "engine");
    require(dnnl_stream_create(stream, engine, dnnl_stream_default_flags), "stream");
  }

  @Override
  public String name() {
    return blocked ? "oneDNN" : "oneDNN NHWC";
  }

  @Override
  public String version() {
    dnnl_version_t v = dnnl_version();
    return v.major() + "." + v.minor() + "." + v.patch();
  }

  @Override
  public Contender bind(Sample sample, Arena arena) {
    return new Convolution(sample, arena);
  }

  private static void require(int status, String what) {
    if (status != dnnl_success) {
      throw new IllegalStateException("oneDNN: " + what + ": status " + status);
    }
  }

  private final class Convolution implements Contender {

    private final Arena arena;
    private final List<Runnable> closing = new ArrayList<>();
    private final dnnl_primitive primitive = new dnnl_primitive();
    private final dnnl_exec_arg_t arguments = new dnnl_exec_arg_t(4);
    private final dnnl_memory result;
    private final dnnl_memory_desc resultLayout;
    private final Tensor output;
    private final String how;

    Convolution(Sample sample, Arena arena) {
      this.arena = arena;
      ConvCase c = sample.extents;
      dnnl_memory_desc nhwcIn = layout(dims(c.input()), dnnl_nhwc);
      dnnl_memory_desc nhwcOut = layout(dims(c.output()), dnnl_nhwc);
      long[] filter = {c.groups(), c.k() / c.groups(), c.groupC(), c.fh(), c.fw()};
      dnnl_memory_desc plainBias = layout(new long[] {c.k()}, dnnl_x);
      dnnl_primitive_desc chosen =
          describe(
              c,
              blocked ? layout(dims(c.input()), dnnl_format_tag_any) : nhwcIn,
              layout(filter, dnnl_format_tag_any),
              plainBias,
              blocked ? layout(dims(c.output()), dnnl_format_tag_any) : nhwcOut);
      require(dnnl_primitive_create(primitive, chosen), "convolution");
      closing.add(() -> dnnl_primitive_destroy(primitive));
      how = name(chosen);
      dnnl_memory x = memory(nhwcIn, sample.x.segment());
      dnnl_memory w = memory(layout(filter, dnnl_goihw), sample.naive.w());
      dnnl_memory_desc askedIn = dnnl_primitive_desc_query_md(chosen, dnnl_query_src_md, 0);
      dnnl_memory_desc askedWeights =
          dnnl_primitive_desc_query_md(chosen, dnnl_query_weights_md, 0);
      resultLayout = dnnl_primitive_desc_query_md(chosen, dnnl_query_dst_md, 0);
      result = allocate(resultLayout);
      output = Tensor.allocate(arena, c.output(), Layout.NHWC);
      argument(0, DNNL_ARG_SRC, reordered(nhwcIn, x, askedIn));
      argument(1, DNNL_ARG_WEIGHTS, reordered(layout(filter, dnnl_goihw), w, askedWeights));
      argument(2, DNNL_ARG_BIAS, memory(plainBias, sample.naive.bias()));
      argument(3, DNNL_ARG_DST, result);
    }

    private static long[] dims(Shape s) {
      return new long[] {s.n(), s.c(), s.h(), s.w()};
    }

    private dnnl_primitive_desc describe(
        ConvCase c,
        dnnl_memory_desc in,
        dnnl_memory_desc weights,
        dnnl_memory_desc bias,
        dnnl_memory_desc out) {
      dnnl_post_ops after = new dnnl_post_ops();
      require(dnnl_post_ops_create(after), "post operations");
      require(dnnl_post_ops_append_eltwise(after, dnnl_eltwise_relu, 0, 0), "ReLU");
      dnnl_primitive_attr attributes = new dnnl_primitive_attr();
      require(dnnl_primitive_attr_create(attributes), "attributes");
      require(dnnl_primitive_attr_set_post_ops(attributes, after), "post operations");
      dnnl_primitive_desc description = new dnnl_primitive_desc();
      int status =
          dnnl_convolution_forward_primitive_desc_create(
              description,
              engine,
              dnnl_forward_inference,
              dnnl_convolution_direct,
              in,
              weights,
              bias,
              out,
              new long[] {c.sh(), c.sw()},
              // Counted from 0 for a dense filter.
              new long[] {c.dh() - 1, c.dw() - 1},
              new long[] {c.pt(), c.pl()},
              new long[] {c.pb(), c.pr()},
              attributes);
      dnnl_post_ops_destroy(after);
      dnnl_primitive_attr_destroy(attributes);
      if (status != dnnl_success) {
        throw new UnsupportedOperationException("oneDNN has no code for it, status " + status);
      }
      closing.add(() -> dnnl_primitive_desc_destroy(description));
      return description;
    }

    private static String name(dnnl_primitive_desc description) {
      PointerPointer<BytePointer> text = new PointerPointer<>(1);
      require(
          dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, text), "its name");
      return text.get(BytePointer.class, 0).getString();
    }

    private dnnl_memory_desc layout(long[] dims, int tag) {
      dnnl_memory_desc description = new dnnl_memory_desc();
      require(
          dnnl_memory_desc_create_with_tag(description, dims.length, dims, dnnl_f32, tag),
          "layout");
      closing.add(() -> dnnl_memory_desc_destroy(description));
      return description;
    }

    private dnnl_memory allocate(dnnl_memory_desc layout) {
      return memory(layout, arena.allocate(dnnl_memory_desc_get_size(layout), Tensor.ALIGNMENT));
    }

    private dnnl_memory memory(dnnl_memory_desc layout, MemorySegment segment) {
      if (segment.byteSize() > Integer.MAX_VALUE) {
        throw new UnsupportedOperationException("a tensor has more than 2 GB");
      }
      FloatPointer start =
          new FloatPointer(segment.asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer());
      dnnl_memory memory = new dnnl_memory();
      require(dnnl_memory_create(memory, layout, engine, start), "memory");
      closing.add(() -> dnnl_memory_destroy(memory));
      return memory;
    }

    private dnnl_memory reordered(
        dnnl_memory_desc from, dnnl_memory memory, dnnl_memory_desc asked) {
      dnnl_memory copy = allocate(asked);
      reorder(from, memory, asked, copy);
      return copy;
    }

    private void reorder(
        dnnl_memory_desc from, dnnl_memory source, dnnl_memory_desc to, dnnl_memory target) {
      dnnl_primitive_desc description = new dnnl_primitive_desc();
      require(
          dnnl_reorder_primitive_desc_create(description, from, engine, to, engine, null),
          "reorder");
      dnnl_primitive reorder = new dnnl_primitive();
      require(dnnl_primitive_create(reorder, description), "reorder");
      dnnl_exec_arg_t both = new dnnl_exec_arg_t(2);
      both.position(0).arg(DNNL_ARG_FROM).memory(source);
      both.position(1).arg(DNNL_ARG_TO).memory(target);
      require(dnnl_primitive_execute(reorder, stream, 2, both.position(0)), "reorder");
      require(dnnl_stream_wait(stream), "reorder");
      dnnl_primitive_destroy(reorder);
      dnnl_primitive_desc_destroy(description);
    }

    private void argument(int at, int role, dnnl_memory memory) {
      arguments.position(at).arg(role).memory(memory);
      arguments.position(0);
    }

    @Override
    public void run() {
      require(dnnl_primitive_execute(primitive, stream, 4, arguments), "convolution");
      require(dnnl_stream_wait(stream), "convolution");
    }

    @Override
    public Tensor output() {
      dnnl_memory_desc nhwc = layout(dims(output.shape()), dnnl_nhwc);
      reorder(resultLayout, result, nhwc, memory(nhwc, output.segment()));
      return output;
    }

    @Override
    public String how() {
      return how;
    }

    @Override
    public double warmUpSeconds() {
      return WARM_UP_SECONDS;
    }

    @Override
    public void close() {
      closing.reversed().forEach(Runnable::run);
      closing.clear();
    }
  }
}
