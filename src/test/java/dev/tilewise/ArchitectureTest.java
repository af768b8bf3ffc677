package dev.tilewise;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The rules of docs/architecture.md, read from the class files. */
class ArchitectureTest {

  private static final String ROOT = "dev.tilewise";
  private static final String INTERNAL = ROOT + ".internal";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages(ROOT);

  /** Each package with those of the project that it may use. */
  private static final Map<String, List<String>> MAY_USE = new TreeMap<>();

  static {
    MAY_USE.put(INTERNAL + ".kernel", List.of());
    MAY_USE.put(INTERNAL + ".random", List.of());
    MAY_USE.put(INTERNAL + ".file", List.of());
    MAY_USE.put(INTERNAL + ".pack", List.of("kernel"));
    MAY_USE.put(INTERNAL + ".winograd", List.of("kernel"));
    MAY_USE.put(INTERNAL + ".conv", List.of("kernel", "pack", "winograd"));
    MAY_USE.put(INTERNAL + ".plan", List.of("kernel", "pack", "winograd", "conv"));
  }

  @Test
  void theClassesWereFound() {
    for (String name :
        new String[] {
          ".ConvPlan", ".internal.kernel.Tile", ".format.Safetensors", ".data.Dataset"
        }) {
      assertTrue(CLASSES.contain(ROOT + name), name);
    }
  }

  @Test
  void internalPackagesDependInOneDirection() {
    MAY_USE.forEach(
        (name, used) -> {
          List<String> allowed = new ArrayList<>(List.of(name));
          used.forEach(other -> allowed.add(INTERNAL + "." + other));
          check(
              classes()
                  .that()
                  .resideInAPackage(name)
                  .should()
                  .onlyDependOnClassesThat(
                      resideInAnyPackage(allowed.toArray(String[]::new))
                          .or(DescribedPredicate.not(resideInAPackage(ROOT + "..")))));
        });
    check(
        classes()
            .that()
            .resideInAPackage(INTERNAL + "..")
            .should()
            .resideInAnyPackage(MAY_USE.keySet().toArray(String[]::new)));
  }

  @Test
  void theCoreKnowsNothingThatIsBuiltOnIt() {
    notUsing(
        new String[] {ROOT},
        ".format",
        ".graph",
        ".zoo",
        ".nn",
        ".train",
        ".data",
        ".onnx",
        ".cli");
    notUsing(
        new String[] {ROOT + ".format"},
        ".graph",
        ".zoo",
        ".nn",
        ".train",
        ".data",
        ".onnx",
        ".cli");
    notUsing(new String[] {ROOT + ".graph"}, ".zoo", ".nn", ".train", ".data", ".onnx", ".cli");
    notUsing(new String[] {ROOT + ".zoo"}, ".nn", ".train", ".data", ".onnx", ".cli");
    notUsing(new String[] {ROOT + ".nn"}, ".zoo", ".train", ".data", ".onnx", ".cli");
    notUsing(new String[] {ROOT + ".train"}, ".zoo", ".onnx", ".cli");
    notUsing(new String[] {ROOT + ".data", ROOT + ".onnx"}, ".cli");
  }

  private static void notUsing(String[] users, String... forbidden) {
    String[] packages =
        Arrays.stream(forbidden).map(name -> ROOT + name + "..").toArray(String[]::new);
    check(
        noClasses()
            .that()
            .resideInAnyPackage(users)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(packages));
  }

  @Test
  void whatStandsOnTheCoreUsesItsPublicTypes() {
    // Random numbers and how files are written are everybody's; an optimizer step is a kernel. The
    // command line measures
    // internals.
    check(mayNotUse(ROOT + ".format..", INTERNAL + ".file.."));
    check(mayNotUse(ROOT + ".zoo..", INTERNAL + ".random.."));
    check(mayNotUse(ROOT + ".data..", INTERNAL + ".random..", INTERNAL + ".file.."));
    check(mayNotUse(ROOT + ".onnx..", INTERNAL + ".random.."));
    check(mayNotUse(ROOT + ".train..", INTERNAL + ".random..", INTERNAL + ".kernel.."));
  }

  private static ArchRule mayNotUse(String user, String... allowed) {
    return noClasses()
        .that()
        .resideInAPackage(user)
        .should()
        .dependOnClassesThat(
            resideInAPackage(INTERNAL + "..")
                .and(DescribedPredicate.not(resideInAnyPackage(allowed))))
        .allowEmptyShould(true);
  }

  @Test
  void vectorsAreUsedInThreePackagesOnly() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages(
                INTERNAL + ".kernel", INTERNAL + ".winograd", INTERNAL + ".pack")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("jdk.incubator.vector.."));
  }

  @Test
  void theCoreHasNoDependencyButTheJdk() {
    check(
        classes()
            .that()
            .resideInAnyPackage(
                ROOT,
                INTERNAL + "..",
                ROOT + ".format..",
                ROOT + ".graph..",
                ROOT + ".zoo..",
                ROOT + ".nn..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(
                ROOT + "..", "java..", "jdk.incubator.vector..", "com.sun.management"));
  }

  @Test
  void messagesOfOnnxAreReadInOnePackage() {
    assertTrue(CLASSES.contain(ROOT + ".onnx.ModelFile"));
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + ".onnx")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("ai.onnx..", "org.tribuo..", "com.google.protobuf.."));
  }

  @Test
  void noUnsafeIsUsed() {
    check(
        noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("sun..", "jdk.internal..")
            .orShould()
            .dependOnClassesThat()
            .haveSimpleName("Unsafe"));
  }

  /** Once HotSpot has seen memory with an owner, kernels ask for it: docs/decisions/0027. */
  @Test
  void noConfinedArenaIsMade() {
    check(
        noClasses()
            .that()
            .doNotHaveFullyQualifiedName(INTERNAL + ".kernel.Memory")
            .should()
            .callMethod(Arena.class, "ofConfined"));
  }

  /** All restricted methods of JDK 25, and what leads to them. */
  @Test
  void noRestrictedMethodIsCalled() {
    Set<String> restricted =
        Set.of(
            "java.lang.foreign.MemorySegment.reinterpret",
            "java.lang.foreign.AddressLayout.withTargetLayout",
            "java.lang.foreign.Linker.nativeLinker",
            "java.lang.foreign.Linker.downcallHandle",
            "java.lang.foreign.Linker.upcallStub",
            "java.lang.foreign.SymbolLookup.libraryLookup",
            "java.lang.foreign.SymbolLookup.loaderLookup",
            "java.lang.ModuleLayer$Controller.enableNativeAccess",
            "java.lang.System.load",
            "java.lang.System.loadLibrary",
            "java.lang.Runtime.load",
            "java.lang.Runtime.loadLibrary");
    DescribedPredicate<JavaAccess<?>> isRestricted =
        describe(
            "a restricted method",
            access ->
                restricted.contains(
                    access.getTargetOwner().getFullName() + "." + access.getName()));
    check(noClasses().should().accessTargetWhere(isRestricted));
  }

  private static void check(ArchRule rule) {
    rule.allowEmptyShould(true).check(CLASSES);
  }
}
