/** The convolution core of the JVM: vectorised convolution over off-heap tensors, in safe Java. */
module dev.tilewise {
  requires jdk.incubator.vector;
  requires java.desktop;

  exports dev.tilewise;
  exports dev.tilewise.data;
}
