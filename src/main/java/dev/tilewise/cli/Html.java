package dev.tilewise.cli;

import java.util.Locale;

/** A growing page. */
final class Html {

  private final StringBuilder text = new StringBuilder();

  /** Appends a line; values are taken as they are. */
  Html add(String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
    return this;
  }

  /**
   * Opens a section under a heading that says what is to be seen in it; the explanation may be
   * empty.
   */
  Html section(String finding, String explanation) {
    add("<section><h2>%s</h2>", escape(finding));
    return explanation.isEmpty() ? this : add("<p>%s</p>", escape(explanation));
  }

  /** Ends it. */
  Html endSection() {
    return add("</section>");
  }

  /** Text that must not be read as elements or attributes. */
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("'", "&#39;")
        .replace("\"", "&quot;");
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
