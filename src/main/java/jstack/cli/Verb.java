package jstack.cli;

/** One word of the command line: {@code jstack up}. A new object serves one run. */
interface Verb {
  /**
   * Does it.
   *
   * @return the exit code
   */
  int run(Console console) throws Exception;
}
