package dev.tilewise.cli;

import java.io.File;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.lang.reflect.InvocationTargetException;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Starts the command line. Its libraries are optional for who embeds Tilewise, so the module
 * descriptor requires them statically, and the run-time does not resolve what is required
 * statically. On the module path a class loader of its own therefore loads the libraries and a
 * second copy of this module, as a class path would. A module layer cannot do that: its automatic
 * modules would read this module twice. On the class path everything is there.
 */
public final class Main {

  private static final String ENTRY = "dev.tilewise.cli.Tilewise";
  private static final String LIBRARY = "info.picocli";
  private static final String VECTORS = "jdk.incubator.vector";

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
    if (ModuleLayer.boot().findModule(VECTORS).isEmpty()) {
      refuse(
          "start Java with --add-modules " + VECTORS + ", or with -p and -m, which needs no flag");
    }
    ClassLoader loader = Main.class.getClassLoader();
    if (Main.class.getModule().isNamed() && ModuleLayer.boot().findModule(LIBRARY).isEmpty()) {
      loader = classPathOf(System.getProperty("jdk.module.path"));
    }
    Thread.currentThread().setContextClassLoader(loader);
    try {
      Class<?> entry = Class.forName(ENTRY, true, loader);
      System.exit((int) entry.getMethod("run", String[].class).invoke(null, (Object) args));
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof NoClassDefFoundError missing) {
        refuse(missingLibrary(missing.getMessage()));
      }
      throw e;
    } catch (NoClassDefFoundError e) {
      refuse(missingLibrary(e.getMessage()));
    }
  }

  private static ClassLoader classPathOf(String modulePath) {
    Path[] entries =
        Arrays.stream(modulePath.split(File.pathSeparator)).map(Path::of).toArray(Path[]::new);
    ModuleFinder finder = ModuleFinder.of(entries);
    if (finder.find(LIBRARY).isEmpty()) {
      refuse(missingLibrary(LIBRARY));
    }
    List<URL> urls = new ArrayList<>();
    for (ModuleReference module : finder.findAll()) {
      module.location().ifPresent(place -> urls.add(url(place)));
    }
    return new OwnFirst(urls.toArray(URL[]::new));
  }

  private static URL url(URI place) {
    try {
      return place.toURL();
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException("module path: " + place + " is no file", e);
    }
  }

  private static String missingLibrary(String what) {
    return "the command line needs the libraries in target/lib, "
        + what
        + " is missing: put that directory on the module path";
  }

  private static void refuse(String why) {
    System.err.println("tilewise: " + why);
    System.exit(2);
  }

  /**
   * Asks the JDK only for what is not in the files: its loaders know the packages of this module
   * and would answer with the copy that sees no library.
   */
  private static final class OwnFirst extends URLClassLoader {

    OwnFirst(URL[] files) {
      super(files, ClassLoader.getPlatformClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      synchronized (getClassLoadingLock(name)) {
        if (findLoadedClass(name) == null
            && findResource(name.replace('.', '/') + ".class") != null) {
          return findClass(name);
        }
        return super.loadClass(name, resolve);
      }
    }
  }
}
