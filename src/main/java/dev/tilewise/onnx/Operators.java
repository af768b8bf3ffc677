package dev.tilewise.onnx;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** All operators by their names, in ONNX's own domain; docs/onnx.md lists them. */
final class Operators {

  private static final Map<String, Operator> ALL = new HashMap<>();

  static {
    ConvOperators.addTo(ALL);
    PoolOperators.addTo(ALL);
    FunctionOperators.addTo(ALL);
    ArithmeticOperators.addTo(ALL);
    NormOperators.addTo(ALL);
    ShapeOperators.addTo(ALL);
    PartOperators.addTo(ALL);
    ConstantOperators.addTo(ALL);
    ReduceOperators.addTo(ALL);
    ResizeOperators.addTo(ALL);
  }

  private Operators() {}

  /** An operator; null if it is unknown. */
  static Operator find(String name) {
    return ALL.get(name);
  }

  static Set<String> names() {
    return ALL.keySet();
  }
}
