package dev.tilewise.onnx;

import dev.tilewise.graph.Value;
import java.util.List;

/**
 * What a node does to values.
 *
 * @param tracing makes the outputs; {@link IllegalArgumentException} if something does not fit
 * @param check why a node cannot be traced, as far as its attributes say; null if it can
 */
record Operator(Tracing tracing, Check check) {

  /** Makes all outputs; those at the end that are not wanted may be left out. */
  interface Tracing {
    List<Value> trace(Call call);
  }

  /** Makes the one output. */
  interface Single {
    Value trace(Call call);
  }

  /** Looks at a node before anything is traced. */
  interface Check {
    String refusal(OnnxNode node, int opset);
  }

  static Operator of(Single tracing) {
    return of(tracing, (node, opset) -> null);
  }

  static Operator of(Single tracing, Check check) {
    return new Operator(
        call -> List.of(tracing.trace(call)),
        (node, opset) -> {
          for (int output = 1; output < node.outputs().size(); output++) {
            if (node.wants(output)) {
              return "its output " + node.outputs().get(output) + " is not supported";
            }
          }
          return check.refusal(node, opset);
        });
  }

  static Operator several(Tracing tracing) {
    return new Operator(tracing, (node, opset) -> null);
  }

  /** A check that a word is one of some. */
  static Check among(String attribute, String otherwise, String... known) {
    return (node, opset) -> {
      String word = node.word(attribute, otherwise);
      return List.of(known).contains(word)
          ? null
          : attribute + " " + word + " is not supported, but " + String.join(", ", known);
    };
  }

  /** A check that a flag is off. */
  static Check without(String attribute, String why) {
    return (node, opset) -> node.flag(attribute, false) ? why : null;
  }
}
