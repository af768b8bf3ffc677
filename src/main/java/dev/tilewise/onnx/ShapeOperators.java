package dev.tilewise.onnx;

import dev.tilewise.graph.Dims;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The same elements with other extents or in another order. */
final class ShapeOperators {

  private ShapeOperators() {}

  static void addTo(Map<String, Operator> all) {
    all.put("Identity", Operator.of(call -> call.builder().identity(call.x(), "identity")));
    all.put("Dropout", Operator.several(ShapeOperators::dropout));
    all.put("Flatten", Operator.of(ShapeOperators::flatten));
    all.put("Reshape", Operator.of(ShapeOperators::reshape));
    all.put("Squeeze", Operator.of(ShapeOperators::squeeze));
    all.put("Unsqueeze", Operator.of(ShapeOperators::unsqueeze));
    all.put("Transpose", Operator.of(ShapeOperators::transpose));
    all.put("Expand", Operator.of(ShapeOperators::expand));
    all.put(
        "DepthToSpace",
        Operator.of(ShapeOperators::depthToSpace, Operator.among("mode", "DCR", "DCR", "CRD")));
    all.put("SpaceToDepth", Operator.of(ShapeOperators::spaceToDepth));
  }

  /** Elements of the axes from one to before another. */
  static int product(Dims dims, int from, int to) {
    long product = 1;
    for (int axis = from; axis < to; axis++) {
      product = Math.multiplyExact(product, (long) dims.get(axis));
    }
    return Math.toIntExact(product);
  }

  /** Rows of the axes before one, columns of the others. */
  static Dims matrix(Dims dims, int axis) {
    return Dims.of(product(dims, 0, axis), product(dims, axis, dims.rank()));
  }

  /** Extents that a constant has. */
  static Dims dims(long... extents) {
    return Dims.of(Call.ints(extents));
  }

  /** Nothing at inference; the mask keeps everything. */
  private static List<Value> dropout(Call call) {
    GraphBuilder b = call.builder();
    if (call.has(2) && Call.only(call.input(2)) != 0 && call.real("ratio", 1, 0.5f) != 0) {
      throw new IllegalArgumentException("training_mode is not supported");
    }
    Value y = b.identity(call.x(), "dropout");
    return call.node().wants(1)
        ? List.of(y, b.expand(b.integers("mask", Dims.of(), 1), call.dims()))
        : List.of(y);
  }

  private static Value flatten(Call call) {
    Dims dims = call.dims();
    long axis = call.node().integer("axis", 1);
    int split = axis == dims.rank() ? dims.rank() : dims.axis(axis);
    return call.builder().reshape(call.x(), matrix(dims, split));
  }

  private static Value reshape(Call call) {
    long[] given = call.integers("shape", 1);
    if (given == null) {
      throw new IllegalArgumentException("its shape is missing");
    }
    boolean zeros = call.node().flag("allowzero", false);
    int[] extents = Call.ints(given);
    int open = -1;
    long known = 1;
    for (int axis = 0; axis < extents.length; axis++) {
      if (extents[axis] == 0 && !zeros) {
        extents[axis] = call.dims().get(call.dims().axis(axis));
      }
      if (extents[axis] == -1 && open < 0) {
        open = axis;
      } else {
        known = Math.multiplyExact(known, (long) extents[axis]);
      }
    }
    if (open >= 0) {
      if (known <= 0 || call.dims().elements() % known != 0) {
        throw new IllegalArgumentException(
            call.dims() + " cannot become " + Arrays.toString(given));
      }
      extents[open] = Math.toIntExact(call.dims().elements() / known);
    }
    return call.builder().reshape(call.x(), Dims.of(extents));
  }

  private static Value squeeze(Call call) {
    Dims dims = call.dims();
    long[] axes = call.integers("axes", 1);
    boolean[] gone = new boolean[dims.rank()];
    if (axes == null) {
      for (int axis = 0; axis < gone.length; axis++) {
        gone[axis] = dims.get(axis) == 1;
      }
    } else {
      for (long axis : axes) {
        gone[dims.axis(axis)] = true;
      }
    }
    List<Integer> left = new ArrayList<>();
    for (int axis = 0; axis < gone.length; axis++) {
      if (!gone[axis]) {
        left.add(dims.get(axis));
      }
    }
    return call.builder()
        .reshape(call.x(), Dims.of(left.stream().mapToInt(Integer::intValue).toArray()));
  }

  private static Value unsqueeze(Call call) {
    long[] axes = call.integers("axes", 1);
    if (axes == null) {
      throw new IllegalArgumentException("its axes are missing");
    }
    int rank = Call.count((long) call.dims().rank() + axes.length);
    int[] extents = new int[rank];
    for (long axis : axes) {
      long place = axis < 0 ? axis + rank : axis;
      if (place < 0 || place >= rank || extents[(int) place] == 1) {
        throw new IllegalArgumentException(
            "the axes " + Arrays.toString(axes) + " cannot be new ones of " + rank);
      }
      extents[(int) place] = 1;
    }
    int from = 0;
    for (int axis = 0; axis < rank; axis++) {
      extents[axis] = extents[axis] == 1 ? 1 : call.dims().get(from++);
    }
    return call.builder().reshape(call.x(), Dims.of(extents));
  }

  private static Value transpose(Call call) {
    int rank = call.dims().rank();
    long[] given = call.node().integers("perm");
    int[] order = new int[rank];
    for (int axis = 0; axis < rank; axis++) {
      order[axis] = rank - 1 - axis;
    }
    if (given == null) {
      return call.builder().transpose(call.x(), order);
    }
    int[] axes = new int[given.length];
    for (int axis = 0; axis < axes.length; axis++) {
      axes[axis] = call.dims().axis(given[axis]);
    }
    return call.builder().transpose(call.x(), axes);
  }

  private static Value expand(Call call) {
    Dims to = dims(call.input(1).integers());
    return call.builder().expand(call.x(), call.dims().broadcast(to));
  }

  private static int block(Call call) {
    int block = call.node().number("blocksize", 0);
    if (call.dims().rank() != 4 || block < 1) {
      throw new IllegalArgumentException(
          "blocksize " + block + " and input " + call.dims() + " must be positive and an image");
    }
    return block;
  }

  private static Value depthToSpace(Call call) {
    GraphBuilder b = call.builder();
    Dims d = call.dims();
    int block = block(call);
    int depth = d.get(1) / block / block;
    if (depth * block * block != d.get(1)) {
      throw new IllegalArgumentException("blocks of " + block + " do not divide " + d);
    }
    boolean depthLast = "DCR".equals(call.node().word("mode", "DCR"));
    Value split =
        b.reshape(
            call.x(),
            depthLast
                ? Dims.of(d.get(0), block, block, depth, d.get(2), d.get(3))
                : Dims.of(d.get(0), depth, block, block, d.get(2), d.get(3)));
    Value turned =
        depthLast ? b.transpose(split, 0, 3, 4, 1, 5, 2) : b.transpose(split, 0, 1, 4, 2, 5, 3);
    return b.reshape(
        turned,
        Dims.of(
            d.get(0),
            depth,
            Math.multiplyExact(d.get(2), block),
            Math.multiplyExact(d.get(3), block)));
  }

  private static Value spaceToDepth(Call call) {
    GraphBuilder b = call.builder();
    Dims d = call.dims();
    int block = block(call);
    int rows = d.get(2) / block;
    int columns = d.get(3) / block;
    if (rows * block != d.get(2) || columns * block != d.get(3)) {
      throw new IllegalArgumentException("blocks of " + block + " do not divide " + d);
    }
    Value split = b.reshape(call.x(), Dims.of(d.get(0), d.get(1), rows, block, columns, block));
    int depth = Math.multiplyExact(d.get(1), Math.multiplyExact(block, block));
    return b.reshape(b.transpose(split, 0, 3, 5, 1, 2, 4), Dims.of(d.get(0), depth, rows, columns));
  }
}
