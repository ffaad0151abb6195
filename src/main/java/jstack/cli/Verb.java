package jstack.cli;

/** One word of the command line: {@code jstack up}. A new object serves one run. */
interface Verb {
  /** Says what it is for and which words it takes; those are known when it runs. */
  void usage(Usage usage);

  /**
   * Does it.
   *
   * @return the exit code
   */
  int run(Console console) throws Exception;
}
