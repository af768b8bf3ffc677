package dev.tilewise.cli;

import dev.tilewise.ConvBackward;
import dev.tilewise.ConvCase;
import dev.tilewise.Layout;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import dev.tilewise.internal.conv.NaiveBackward;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;

/** The gradients of a case with random data, and their definition to compare with. */
final class BackwardCheck {

  private static final long SEED = 20_260_102;

  private final ConvCase c;
  private final ConvBackward plan;
  private final Tensor dx;
  private final float[] dw;
  private final float[] db;
  private final NaiveBackward naive;

  BackwardCheck(Sample s, Arena arena) {
    c = s.extents;
    Tensor dy = Sample.random(c.output(), arena, new SplittableRandom(SEED));
    plan = ConvBackward.of(c, Layout.NHWC);
    dx = Tensor.allocate(arena, c.input(), Layout.NHWC);
    plan.data(dy, s.filter, dx, Workers.serial());
    dw = new float[Math.toIntExact(s.filter.weights().byteSize() / Float.BYTES)];
    db = new float[c.k()];
    plan.filter(s.x, dy, dw, db, Workers.serial());
    naive = new NaiveBackward(Sample.geometry(c), s.x.segment(), s.filter.weights(), dy.segment());
  }

  double dataBound() {
    return plan.dataErrorBound();
  }

  double filterBound() {
    return plan.filterErrorBound();
  }

  /** How many gradients of the input there are. */
  long dataCount() {
    return c.input().elements();
  }

  /** Multiply-adds of one of them. */
  long dataTerms() {
    return (long) c.k() / c.groups() * c.fh() * c.fw();
  }

  /** How many gradients of the weights there are. */
  long filterCount() {
    return dw.length;
  }

  /** Multiply-adds of one of them. */
  long filterTerms() {
    return (long) c.n() * c.oh() * c.ow();
  }

  /** The largest relative error of the input's gradients: of all of them, or of so many. */
  double dataError(long most) {
    LargestError worst = new LargestError();
    LargestError.visit(
        dataCount(),
        most,
        at -> {
          int channel = (int) (at % c.c());
          int ix = (int) (at / c.c() % c.w());
          int iy = (int) (at / c.c() / c.w() % c.h());
          int n = (int) (at / c.c() / c.w() / c.h());
          worst.add(
              dx.get(n, channel, iy, ix),
              naive.exactDataAt(n, channel, iy, ix),
              naive.scaleDataAt(n, channel, iy, ix));
        });
    return worst.value();
  }

  /** As {@link #dataError}, of the gradients of weights; and of biases, of which so many, too. */
  double filterError(long most) {
    LargestError worst = new LargestError();
    LargestError.visit(
        filterCount(),
        most,
        i -> {
          int at = (int) i;
          int fx = at % c.fw();
          int fy = at / c.fw() % c.fh();
          int channel = at / c.fw() / c.fh() % c.groupC();
          int k = at / c.fw() / c.fh() / c.groupC();
          worst.add(
              dw[at],
              naive.exactFilterAt(k, channel, fy, fx),
              naive.scaleFilterAt(k, channel, fy, fx));
        });
    LargestError.visit(
        c.k(),
        most,
        k -> worst.add(db[(int) k], naive.exactBiasAt((int) k), naive.scaleBiasAt((int) k)));
    return worst.value();
  }
}
