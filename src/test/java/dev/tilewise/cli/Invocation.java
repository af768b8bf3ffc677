package dev.tilewise.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;

/** One run of the command line inside this process. */
record Invocation(List<String> args, int code, String out, String err) {

  static Invocation of(String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code = Tilewise.run(new PrintWriter(out, true), new PrintWriter(err, true), args);
    return new Invocation(List.of(args), code, out.toString(), err.toString());
  }

  /** Expects success. */
  Invocation ok() {
    assertEquals(0, code, this::toString);
    return this;
  }

  /** Expects exit code 2, one line that has the words, and nothing on standard output. */
  void refusedWith(String words) {
    assertEquals(2, code, this::toString);
    assertEquals(1, err.lines().count(), this::toString);
    assertTrue(err.startsWith("tilewise: "), this::toString);
    assertTrue(err.contains(words), this::toString);
    assertEquals("", out, this::toString);
  }

  /** Standard output as JSON, one object per line. */
  List<JsonNode> json() {
    return json(out);
  }

  static List<JsonNode> json(String lines) {
    ObjectMapper mapper = new ObjectMapper();
    List<JsonNode> objects = new ArrayList<>();
    for (String line : lines.lines().toList()) {
      try {
        objects.add(mapper.readTree(line));
      } catch (JsonProcessingException e) {
        throw new AssertionError("not JSON: " + line, e);
      }
    }
    return objects;
  }

  static List<String> keys(JsonNode object) {
    List<String> keys = new ArrayList<>();
    object.fieldNames().forEachRemaining(keys::add);
    return keys;
  }
}
