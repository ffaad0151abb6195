package jstack.cli;

/** Whether a verb that changes something says how it goes. */
final class QuietOption implements Usage.Group {
  private boolean quiet;

  @Override
  public void usage(Usage usage) {
    usage.flag("-q, --quiet", "No progress.", on -> quiet = on);
  }

  boolean isOn() {
    return quiet;
  }
}
