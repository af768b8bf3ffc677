package dev.tilewise.graph;

import java.util.List;

/** What a node does: its attributes, the extents it makes, and how it becomes steps. */
abstract class Op {

  /** One word, which names of nodes begin with. */
  abstract String kind();

  /** The attributes in a few words; empty if there is nothing to say. */
  String description() {
    return "";
  }

  /**
   * The extents of the output.
   *
   * @throws IllegalArgumentException if the inputs do not fit
   */
  abstract Dims infer(List<Dims> inputs);

  long multiplyAdds(List<Dims> inputs, Dims output) {
    return 0;
  }

  /**
   * What this does, in words that {@link GraphCall} understands.
   *
   * @return a word and its numbers; null if there are no words for it
   */
  abstract String words();

  /** Adds the steps that compute a node of this operation. */
  abstract void lower(Node node, Lowering to);
}
