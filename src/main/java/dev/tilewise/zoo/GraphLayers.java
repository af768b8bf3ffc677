package dev.tilewise.zoo;

import dev.tilewise.Activation;
import dev.tilewise.Pool2d;
import dev.tilewise.graph.ConvSettings;
import dev.tilewise.graph.Dims;
import dev.tilewise.graph.GraphBuilder;
import dev.tilewise.graph.Value;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The operations as nodes of a graph. */
final class GraphLayers implements Layers<Value> {

  private final GraphBuilder to;

  GraphLayers(GraphBuilder to) {
    this.to = to;
  }

  private Value vector(String name, MemorySegment values) {
    int count = Math.toIntExact(values.byteSize() / Float.BYTES);
    return to.constant(name, Dims.of(count), values);
  }

  @Override
  public Value input(String name, Dims dims) {
    return to.input(name, dims);
  }

  @Override
  public Dims dims(Value value) {
    return value.dims();
  }

  @Override
  public Value conv(
      String name,
      Value x,
      Dims filters,
      MemorySegment weights,
      MemorySegment bias,
      ConvSettings settings) {
    Value w = to.constant(name + "/weights", filters, weights);
    Value b = bias == null ? null : vector(name + "/bias", bias);
    return to.name(to.conv(x, w, b, settings), name);
  }

  @Override
  public Value convTranspose(
      String name, Value x, Dims filters, MemorySegment weights, MemorySegment bias, int stride) {
    Value w = to.constant(name + "/weights", filters, weights);
    ConvSettings settings = ConvSettings.UNIT.stride(stride, stride);
    return to.name(to.convTranspose(x, w, vector(name + "/bias", bias), settings, 0, 0), name);
  }

  @Override
  public Value dense(
      String name, Value x, Dims filters, MemorySegment weights, MemorySegment bias) {
    Value w = to.constant(name + "/weights", filters, weights);
    return to.name(to.dense(x, w, vector(name + "/bias", bias)), name);
  }

  @Override
  public Value batchNorm(String name, Value x, Normalization numbers) {
    Value normal =
        to.batchNorm(
            x,
            vector(name + "/gamma", numbers.gamma()),
            vector(name + "/beta", numbers.beta()),
            vector(name + "/mean", numbers.mean()),
            vector(name + "/variance", numbers.variance()),
            numbers.epsilon());
    return to.name(normal, name);
  }

  @Override
  public Value activation(String name, Value x, Activation function) {
    return to.name(to.activation(x, function), name);
  }

  @Override
  public Value maxPool(String name, Value x, int f, int s, int p, boolean ceil) {
    Pool2d pool = Pool2d.max(f).stride(s).padding(p);
    return to.name(to.pool(x, ceil ? pool.ceilMode() : pool), name);
  }

  @Override
  public Value globalAverage(String name, Value x) {
    return to.name(to.globalPool(x, Pool2d.Kind.AVERAGE), name);
  }

  @Override
  public Value lrn(String name, Value x, int size, float alpha, float beta, float bias) {
    return to.name(to.lrn(x, size, alpha, beta, bias), name);
  }

  @Override
  public Value add(String name, Value a, Value b) {
    return to.name(to.add(a, b), name);
  }

  @Override
  public Value concat(String name, List<Value> images) {
    return to.name(to.concat(1, images), name);
  }

  @Override
  public Value crop(String name, Value x, int height, int width) {
    Dims dims = x.dims();
    Value rows = to.slice(x, 2, (dims.get(2) - height) / 2, 1, height);
    return to.name(to.slice(rows, 3, (dims.get(3) - width) / 2, 1, width), name);
  }

  @Override
  public Value flatten(String name, Value x) {
    return to.name(to.flatten(x), name);
  }

  @Override
  public Value softmax(String name, Value x) {
    return to.name(to.softmax(x, 1, false), name);
  }

  @Override
  public void output(Value value) {
    to.output(value);
  }
}
