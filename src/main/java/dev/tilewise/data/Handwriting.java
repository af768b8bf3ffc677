package dev.tilewise.data;

import dev.tilewise.internal.random.SplitMix64;
import java.util.ArrayList;
import java.util.List;

/**
 * One writing of a digit: a glyph bent, slanted, turned and scaled at random, as polylines in
 * pixels.
 *
 * <p>Only arithmetic, square roots and {@code StrictMath}, so the same bits come out everywhere.
 */
final class Handwriting {
  /** Points per span between two control points: a span is about five pixels long. */
  private static final int STEPS = 5;

  /** A polyline in pixels and the pen's radius at each of its points. */
  record Line(double[] x, double[] y, double[] radius) {}

  private Handwriting() {}

  /** Writes a glyph into a square picture. */
  static List<Line> write(Glyph glyph, int extent, SplitMix64 random) {
    List<Line> lines = new ArrayList<>();
    Bend bend = Bend.random(random);
    double sloppiness = random.between(1, 3.2);
    for (Glyph.Stroke stroke : glyph.strokes()) {
      lines.add(curve(bend.applied(shaken(stroke, sloppiness, random))));
    }
    double pen = random.between(0.75, 1.85);
    place(lines, pen, extent, random);
    press(lines, pen, random);
    return lines;
  }

  /** Each control point moved on its own, the two ends most of all. */
  private static Glyph.Stroke shaken(Glyph.Stroke stroke, double amount, SplitMix64 random) {
    int count = stroke.x().length;
    double[] x = new double[count];
    double[] y = new double[count];
    for (int i = 0; i < count; i++) {
      double end = i == 0 || i == count - 1 ? 1.5 : 1;
      x[i] = stroke.x()[i] + end * amount * random.normal();
      y[i] = stroke.y()[i] + end * amount * random.normal();
    }
    return new Glyph.Stroke(x, y, stroke.corner());
  }

  /**
   * What happens to all strokes alike: other proportions of top and bottom, waves along both axes,
   * then an affine map.
   */
  private record Bend(
      double taper, double sag, double[] waves, double xx, double xy, double yx, double yy) {
    static Bend random(SplitMix64 random) {
      double taper = 0.15 * random.normal();
      double sag = 5 * random.normal();
      double[] waves = new double[6];
      for (int i = 0; i < waves.length; i += 3) {
        waves[i] = 3.5 * random.normal();
        waves[i + 1] = random.between(0.02, 0.07);
        waves[i + 2] = random.between(0, 2 * StrictMath.PI);
      }
      double wide = StrictMath.exp(random.between(-0.38, 0.42));
      double slant = 0.14 + 0.22 * random.normal();
      double angle = 0.1 * random.normal();
      double cos = StrictMath.cos(angle);
      double sin = StrictMath.sin(angle);
      // Rotation after slant after width; y points downwards, so leaning right is negative.
      return new Bend(
          taper, sag, waves, cos * wide, -cos * slant - sin, sin * wide, cos - sin * slant);
    }

    Glyph.Stroke applied(Glyph.Stroke stroke) {
      double[] x = stroke.x();
      double[] y = stroke.y();
      for (int i = 0; i < x.length; i++) {
        double down = (y[i] - 50) / 50;
        double u = (x[i] - 35) * (1 + taper * down);
        double v = y[i] - 50 + sag * (1 - down * down);
        u += waves[0] * StrictMath.sin(waves[1] * y[i] + waves[2]);
        v += waves[3] * StrictMath.sin(waves[4] * x[i] + waves[5]);
        x[i] = xx * u + xy * v;
        y[i] = yx * u + yy * v;
      }
      return stroke;
    }
  }

  /** The Catmull-Rom curve through the points, broken at corners. */
  private static Line curve(Glyph.Stroke stroke) {
    double[] x = stroke.x();
    double[] y = stroke.y();
    int spans = x.length - 1;
    double[] px = new double[spans * STEPS + 1];
    double[] py = new double[spans * STEPS + 1];
    for (int i = 0; i < spans; i++) {
      boolean opens = i == 0 || stroke.corner()[i];
      boolean closes = i + 1 == spans || stroke.corner()[i + 1];
      int before = opens ? i : i - 1;
      int after = closes ? i + 1 : i + 2;
      for (int s = 0; s < STEPS; s++) {
        double t = (double) s / STEPS;
        px[i * STEPS + s] = catmullRom(x[before], x[i], x[i + 1], x[after], t);
        py[i * STEPS + s] = catmullRom(y[before], y[i], y[i + 1], y[after], t);
      }
    }
    px[spans * STEPS] = x[spans];
    py[spans * STEPS] = y[spans];
    return new Line(px, py, new double[px.length]);
  }

  private static double catmullRom(double a, double b, double c, double d, double t) {
    double square = 3 * (b - c) + d - a;
    double linear = 2 * a - 5 * b + 4 * c - d;
    return b + 0.5 * t * (c - a + t * (linear + t * square));
  }

  /** Scales to the picture and puts the middle near its middle, wholly inside. */
  private static void place(List<Line> lines, double pen, int extent, SplitMix64 random) {
    double left = Double.MAX_VALUE;
    double top = Double.MAX_VALUE;
    double right = -Double.MAX_VALUE;
    double bottom = -Double.MAX_VALUE;
    for (Line line : lines) {
      for (int i = 0; i < line.x.length; i++) {
        left = Math.min(left, line.x[i]);
        right = Math.max(right, line.x[i]);
        top = Math.min(top, line.y[i]);
        bottom = Math.max(bottom, line.y[i]);
      }
    }
    // MNIST writes into the middle 20 of 28 pixels, pen width included.
    double ink = random.between(0.9, 1.1) * 20 / 28 * extent;
    double scale = (ink - 2 * pen) / Math.max(right - left, bottom - top);
    double centreX = centre(scale * (right - left) / 2 + pen, extent, random);
    double centreY = centre(scale * (bottom - top) / 2 + pen, extent, random);
    for (Line line : lines) {
      for (int i = 0; i < line.x.length; i++) {
        line.x[i] = centreX + scale * (line.x[i] - (left + right) / 2);
        line.y[i] = centreY + scale * (line.y[i] - (top + bottom) / 2);
      }
    }
  }

  private static double centre(double half, int extent, SplitMix64 random) {
    double wanted = extent / 2.0 + random.normal();
    return Math.max(half, Math.min(extent - half, wanted));
  }

  /** The pen's radius: a trend along each stroke and a swell somewhere. */
  private static void press(List<Line> lines, double pen, SplitMix64 random) {
    for (Line line : lines) {
      double trend = 0.15 * random.normal();
      double swell = 0.12 * random.normal();
      double phase = random.between(0, 2 * StrictMath.PI);
      int last = line.radius.length - 1;
      for (int i = 0; i <= last; i++) {
        double t = (double) i / last;
        double wave = StrictMath.sin(phase + 2 * StrictMath.PI * t);
        line.radius[i] = pen * Math.max(0.4, 1 + trend * (2 * t - 1) + swell * wave);
      }
    }
  }
}
