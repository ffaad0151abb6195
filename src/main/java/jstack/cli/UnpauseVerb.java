package jstack.cli;

import java.util.List;

final class UnpauseVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions();
  private final LockOptions locking = new LockOptions();
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about("Let containers go on that were paused.")
        .with(options)
        .with(locking)
        .words("SERVICE", list -> words = list);
  }

  @Override
  public int run(Console console) throws InterruptedException {
    return PauseVerb.run(console, options, locking, words, false);
  }
}
