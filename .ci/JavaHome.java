/** Prints where this Java is. */
class JavaHome {
  public static void main(String[] args) {
    System.out.println(System.getProperty("java.home"));
  }
}
