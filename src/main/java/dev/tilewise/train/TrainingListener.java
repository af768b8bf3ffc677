package dev.tilewise.train;

/** Hears how training goes, on the thread that trains. */
public interface TrainingListener {

  /**
   * A batch is done.
   *
   * @param epoch from 1
   * @param batch from 1
   * @param batches how many an epoch has
   * @param loss of this batch, before its step
   */
  default void batch(int epoch, int batch, int batches, double loss) {}

  /**
   * An epoch is done.
   *
   * @param result what it brought
   */
  default void epoch(EpochResult result) {}
}
