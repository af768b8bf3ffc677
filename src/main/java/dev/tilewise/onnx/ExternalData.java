package dev.tilewise.onnx;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Weights in files beside the model. A model is somebody else's: it may name files of its own
 * folder only, and what is not in them is an error, not memory to be allocated.
 */
final class ExternalData {

  private final Path model;

  ExternalData(Path model) {
    this.model = model;
  }

  /** What a tensor has in another file. */
  FilePart part(String tensor, List<StringStringEntryProto> entries, long bytes)
      throws IOException {
    Map<String, String> keys = new HashMap<>();
    entries.forEach(entry -> keys.put(entry.getKey(), entry.getValue()));
    Path file = resolve(tensor, keys.getOrDefault("location", ""));
    try (FileChannel channel = FileChannel.open(file)) {
      long offset = number(tensor, "offset", keys.getOrDefault("offset", "0"));
      String all = Long.toString(Math.max(0, channel.size() - offset));
      long length = number(tensor, "length", keys.getOrDefault("length", all));
      if (length != bytes || offset > channel.size() - length) {
        throw new IllegalArgumentException(
            tensor
                + " takes "
                + bytes
                + " bytes, but its data are "
                + length
                + " bytes from "
                + offset
                + " on of "
                + channel.size()
                + " bytes in "
                + file.getFileName());
      }
      return FilePart.of(file, channel, offset, length);
    }
  }

  private static long number(String tensor, String key, String text) {
    try {
      long value = Long.parseLong(text);
      if (value >= 0) {
        return value;
      }
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(tensor + ": the " + key + " \"" + text + "\" is bad", e);
    }
    throw new IllegalArgumentException(tensor + ": the " + key + " " + text + " is negative");
  }

  private Path resolve(String tensor, String location) throws IOException {
    Path relative;
    try {
      relative = Path.of(location);
    } catch (InvalidPathException e) {
      throw new IllegalArgumentException(tensor + ": no file can be named " + location, e);
    }
    boolean climbs = false;
    for (Path part : relative) {
      climbs |= "..".equals(part.toString());
    }
    if (location.isEmpty() || relative.isAbsolute() || climbs) {
      throw new IllegalArgumentException(
          tensor + ": its data are in \"" + location + "\", which is not in the model's folder");
    }
    Path folder = model.toAbsolutePath().getParent().toRealPath();
    Path file = folder.resolve(relative);
    if (!Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          tensor + ": its data are in " + location + ", but there is no such file");
    }
    // Links may lead anywhere.
    if (!file.toRealPath().startsWith(folder)) {
      throw new IllegalArgumentException(
          tensor + ": its data are in " + location + ", a link out of the model's folder");
    }
    return file.toRealPath();
  }
}
