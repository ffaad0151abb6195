package jstack.support;

import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** What a test needs of this machine: without it the test is skipped, or, strictly, fails. */
public final class Host {
  private static final boolean STRICT = "1".equals(System.getenv("JSTACK_TEST_STRICT"));

  private Host() {}

  public static void needsRoot() {
    boolean root;
    try {
      root = (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
    } catch (IOException e) {
      root = false;
    }
    need(root, "needs root");
  }

  public static Path needsTool(String path) {
    need(Files.isExecutable(Path.of(path)), "needs " + path);
    return Path.of(path);
  }

  public static void needs(boolean there, String what) {
    need(there, what);
  }

  private static void need(boolean there, String what) {
    if (!there && STRICT) {
      fail(what + ", and JSTACK_TEST_STRICT allows no skip");
    }
    Assumptions.assumeTrue(there, what);
  }

  /** The distribution that is tested. */
  public static Path dist() {
    return built("jstack.dist", "target/dist");
  }

  public static Path probe() {
    return built("jstack.probe", "target/shim/probe");
  }

  /** Attacks, one word each. */
  public static Path atk() {
    return Path.of(probe().toString()).resolveSibling("atk");
  }

  public static Path shim() {
    return built("jstack.shim", "target/shim/jstack-shim");
  }

  private static Path built(String property, String fallback) {
    Path path = Path.of(System.getProperty(property, fallback)).toAbsolutePath();
    need(Files.exists(path), path + " has to be built: make dist");
    return path;
  }
}
