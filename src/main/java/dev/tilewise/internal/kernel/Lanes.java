package dev.tilewise.internal.kernel;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** The vectors of this machine. */
public final class Lanes {

  /** The widest vectors the hardware has. */
  public static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  /** Floats in one vector. */
  public static final int COUNT = SPECIES.length();

  /** Its binary logarithm. */
  public static final int SHIFT = Integer.numberOfTrailingZeros(COUNT);

  /** Bytes of one vector. */
  public static final int BYTES = COUNT * Float.BYTES;

  /** Vector registers: 32 with AVX-512 at any vector length and on AArch64, else 16. */
  public static final int REGISTERS = registers();

  private Lanes() {}

  private static int registers() {
    if (COUNT == 16 || System.getProperty("os.arch").equals("aarch64")) {
      return 32;
    }
    try {
      HotSpotDiagnosticMXBean vm =
          ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
      return Integer.parseInt(vm.getVMOption("UseAVX").getValue()) >= 3 ? 32 : 16;
    } catch (RuntimeException | LinkageError e) {
      // Another VM, or a run-time image without the management modules: 16 are always there.
      return 16;
    }
  }
}
