/** The convolution core of the JVM: vectorised convolution over off-heap tensors, in safe Java. */
module dev.tilewise {
  requires jdk.incubator.vector;
  requires java.desktop;
  // Tells 16 vector registers from 32; done without where it is missing.
  requires static jdk.management;
  requires static java.management;
  // The command line alone; see dev.tilewise.cli.Main.
  requires static info.picocli;
  requires static com.fasterxml.jackson.databind;
  requires static org.knowm.xchart;
  requires static me.tongfei.progressbar;
  // dev.tilewise.onnx alone.
  requires static org.tribuo.util.onnx;
  requires static com.google.protobuf;

  exports dev.tilewise;
  exports dev.tilewise.format;
  exports dev.tilewise.graph;
  exports dev.tilewise.zoo;
  exports dev.tilewise.nn;
  exports dev.tilewise.train;
  exports dev.tilewise.data;
  exports dev.tilewise.onnx;

  opens dev.tilewise.cli to
      info.picocli;
}
