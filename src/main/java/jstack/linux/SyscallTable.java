package jstack.linux;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/** The numbers of the kernel's calls, from the table syscalls.txt beside this class. */
public final class SyscallTable {
  private static final String FILE = "syscalls.txt";

  private final Map<Integer, String> names = new TreeMap<>();
  private final Set<String> everywhere = new HashSet<>();

  private SyscallTable(String text, Architecture architecture) {
    for (String line : text.lines().filter(l -> !l.startsWith("#")).toList()) {
      String[] columns = line.split(" +", -1);
      String number = columns[architecture == Architecture.X86_64 ? 1 : 2];
      everywhere.add(columns[0]);
      if (!number.equals("-")) {
        names.put(Integer.valueOf(number), columns[0]);
      }
    }
  }

  /** The table of a machine. */
  public static SyscallTable of(Architecture architecture) {
    return new SyscallTable(resource(SyscallTable.class, FILE), architecture);
  }

  /** A text beside a class. */
  public static String resource(Class<?> beside, String file) {
    try (InputStream in = beside.getResourceAsStream(file)) {
      return new String(Objects.requireNonNull(in, file).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** In the order of the numbers. */
  public Map<Integer, String> names() {
    return Collections.unmodifiableMap(names);
  }

  /** Whether any machine that we know has a call of this name. */
  public boolean knows(String name) {
    return everywhere.contains(name);
  }
}
