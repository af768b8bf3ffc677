package dev.tilewise.graph;

import dev.tilewise.Workers;

/** A part of a run, bound to its memory. */
interface Step {

  void run(Workers workers);

  /** Steps of loops over units. */
  static Step units(int units, Workers.Task task) {
    return workers -> workers.run(units, task);
  }
}
