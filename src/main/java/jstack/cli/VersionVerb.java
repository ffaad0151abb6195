package jstack.cli;

import picocli.CommandLine.Command;

@Command(name = "version", description = "Print the version.")
final class VersionVerb implements Verb {
  @Override
  public int run(Console console) {
    String version = System.getProperty("jstack.version", "0.1.0");
    console.out().println("jstack " + version);
    return ExitCode.DONE;
  }
}
