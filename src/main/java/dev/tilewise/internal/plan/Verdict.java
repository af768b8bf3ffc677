package dev.tilewise.internal.plan;

/** Whether an algorithm applies to a problem. */
public sealed interface Verdict {

  /**
   * It does.
   *
   * @param cost estimated time in multiply-adds at the FMA peak; only comparable with another cost
   */
  record Accept(double cost) implements Verdict {}

  /**
   * It does not.
   *
   * @param reason why, and what would
   */
  record Reject(String reason) implements Verdict {}
}
