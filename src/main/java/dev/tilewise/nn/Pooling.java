package dev.tilewise.nn;

import dev.tilewise.Layout;
import dev.tilewise.Pool2d;
import dev.tilewise.PoolPlan;
import dev.tilewise.Shape;
import dev.tilewise.Tensor;
import dev.tilewise.Workers;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.Value;

/** A pooling layer. */
public final class Pooling extends Layer {

  private final Pool2d pool;

  Pooling(LayerSpec spec, String name, Shape input, Pool2d pool) {
    super(spec, name, input, pool.outputShape(input));
    this.pool = pool;
  }

  @Override
  public long multiplyAdds() {
    return 0;
  }

  @Override
  public String description() {
    return spec().describePooling();
  }

  @Override
  long fanIn() {
    return 1;
  }

  @Override
  boolean fusesRelu() {
    return false;
  }

  @Override
  Value append(GraphBuilder to, Value x) {
    return to.pool(x, pool);
  }

  @Override
  Step step(int batch, boolean rectified) {
    PoolPlan plan = pool.plan(inputShape().withBatch(batch), Layout.NHWC);
    return new Step() {
      @Override
      public void forward(Tensor x, Tensor y, Workers workers) {
        plan.run(x, y, workers);
      }

      @Override
      public void backward(Tensor x, Tensor y, Tensor dy, Tensor dx, Workers workers) {
        if (dx != null) {
          plan.backward(x, dy, dx, workers);
        }
      }
    };
  }
}
