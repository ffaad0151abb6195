package jstack.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(name = "unpause", description = "Let containers go on that were paused.")
final class UnpauseVerb implements Verb {
  @Mixin private final ManifestOptions options = new ManifestOptions.WithShortName();

  @Mixin private final LockOptions locking = new LockOptions();

  @Parameters(arity = "0..*", paramLabel = "SERVICE")
  private List<String> words = List.of();

  @Override
  public int run(Console console) throws InterruptedException {
    return PauseVerb.run(console, options, locking, words, false);
  }
}
