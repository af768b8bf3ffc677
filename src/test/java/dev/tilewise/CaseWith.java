package dev.tilewise;

/** A case with some extents changed, checked when it is done. */
final class CaseWith {

  private int n;
  private int c;
  private int h;
  private int w;
  private int k;
  private int groups;
  private int fh;
  private int fw;
  private int sh;
  private int sw;
  private int pt;
  private int pl;
  private int pb;
  private int pr;
  private int dh;
  private int dw;

  static CaseWith of(ConvCase e) {
    CaseWith with = new CaseWith();
    with.n = e.n();
    with.c = e.c();
    with.k = e.k();
    with.groups = e.groups();
    return with.size(e.h(), e.w())
        .filter(e.fh(), e.fw())
        .stride(e.sh(), e.sw())
        .padding(e.pt(), e.pl(), e.pb(), e.pr())
        .dilation(e.dh(), e.dw());
  }

  CaseWith batch(int images) {
    n = images;
    return this;
  }

  CaseWith filters(int count) {
    k = count;
    return this;
  }

  CaseWith groups(int count) {
    groups = count;
    return this;
  }

  CaseWith size(int height, int width) {
    h = height;
    w = width;
    return this;
  }

  CaseWith filter(int height, int width) {
    fh = height;
    fw = width;
    return this;
  }

  CaseWith stride(int down, int across) {
    sh = down;
    sw = across;
    return this;
  }

  CaseWith padding(int top, int left, int bottom, int right) {
    pt = top;
    pl = left;
    pb = bottom;
    pr = right;
    return this;
  }

  CaseWith dilation(int down, int across) {
    dh = down;
    dw = across;
    return this;
  }

  ConvCase done() {
    return new ConvCase(n, c, h, w, k, groups, fh, fw, sh, sw, pt, pl, pb, pr, dh, dw);
  }
}
