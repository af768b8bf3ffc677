package dev.tilewise.cli;

/** Starts the command line. */
public final class Main {
  private Main() {}

  /**
   * Runs one command.
   *
   * @param args the command and its options; none for the main job
   */
  public static void main(String[] args) {
    System.out.println("tilewise");
  }
}
