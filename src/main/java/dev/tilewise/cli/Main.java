package dev.tilewise.cli;

import java.io.File;
import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.lang.reflect.InvocationTargetException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Starts the command line. Its libraries are optional for who embeds Tilewise, so the module
 * descriptor requires them statically, and the run-time does not resolve what is required
 * statically. On the module path they are therefore resolved here, in a layer of their own together
 * with a second copy of this module; on the class path they are there.
 */
public final class Main {

  private static final String ENTRY = "dev.tilewise.cli.Tilewise";
  private static final String LIBRARY = "info.picocli";

  private Main() {}

  /**
   * Runs one command and exits with its code.
   *
   * @param args the command and its options; none for the main job
   * @throws ReflectiveOperationException if the command line is not in the jar
   */
  public static void main(String[] args) throws ReflectiveOperationException {
    // Charts are drawn without a screen.
    System.setProperty("java.awt.headless", "true");
    ClassLoader loader = Main.class.getClassLoader();
    String modulePath = System.getProperty("jdk.module.path");
    if (Main.class.getModule().isNamed() && ModuleLayer.boot().findModule(LIBRARY).isEmpty()) {
      loader = layer(modulePath).findLoader(Main.class.getModule().getName());
    }
    Thread.currentThread().setContextClassLoader(loader);
    try {
      Class<?> entry = Class.forName(ENTRY, true, loader);
      System.exit((int) entry.getMethod("run", String[].class).invoke(null, (Object) args));
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof NoClassDefFoundError) {
        missing(e.getCause().getMessage());
      }
      throw e;
    } catch (NoClassDefFoundError e) {
      missing(e.getMessage());
    }
  }

  private static ModuleLayer layer(String modulePath) {
    Path[] entries =
        Arrays.stream(modulePath.split(File.pathSeparator)).map(Path::of).toArray(Path[]::new);
    ModuleFinder finder = ModuleFinder.of(entries);
    if (finder.find(LIBRARY).isEmpty()) {
      missing(LIBRARY);
    }
    List<String> names =
        finder.findAll().stream()
            .map(ModuleReference::descriptor)
            .map(descriptor -> descriptor.name())
            .collect(Collectors.toList());
    ModuleLayer boot = ModuleLayer.boot();
    Configuration configuration = boot.configuration().resolve(finder, ModuleFinder.of(), names);
    return boot.defineModulesWithOneLoader(configuration, ClassLoader.getPlatformClassLoader());
  }

  private static void missing(String what) {
    System.err.println(
        "tilewise: the command line needs the libraries in target/lib, "
            + what
            + " is missing: put that folder on the module path");
    System.exit(2);
  }
}
