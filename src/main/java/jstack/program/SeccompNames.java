package jstack.program;

/** What is kept of filters and profiles is called after all that it was made from. */
public final class SeccompNames {
  /** Of the reader of profiles: another number when it complains of more, or of other things. */
  private static final int READER = 1;

  private SeccompNames() {}

  /** A profile that was read with the tables of this build. */
  public static String profile(String digest) {
    return "profile" + READER + "-" + CompiledFilter.TABLES + "-" + digest;
  }
}
