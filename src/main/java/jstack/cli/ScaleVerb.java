package jstack.cli;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

final class ScaleVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions.WithPolicy();
  private final LockOptions locking = new LockOptions();
  private final StopOptions stopping = new StopOptions();
  private final QuietOption quiet = new QuietOption();
  private List<String> words = List.of();

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Give services another number of containers, until the next up.",
            "As up -d --no-deps --scale SERVICE=N SERVICE: nobody else is touched.")
        .with(options)
        .with(locking)
        .flag("--no-deps", "As it always is; accepted since Compose has it.", on -> {})
        .with(stopping)
        .with(quiet)
        .words("1..*", "SERVICE=N", "", list -> words = list);
  }

  @Override
  public int run(Console console) throws IOException, InterruptedException {
    Map<String, Integer> numbers = numbers(options.takeManifest(console, words));
    return UpVerb.ofScale(options, locking, stopping, quiet, numbers).run(console);
  }

  private static Map<String, Integer> numbers(List<String> words) {
    Map<String, Integer> numbers = new LinkedHashMap<>();
    for (String word : words) {
      int equals = word.lastIndexOf('=');
      String digits = word.substring(equals + 1);
      if (equals <= 0 || !digits.matches("[0-9]{1,6}")) {
        throw ExecVerb.usage(word + " is not SERVICE=NUMBER", "jstack scale web=3");
      }
      if (numbers.put(word.substring(0, equals), Integer.valueOf(digits)) != null) {
        throw ExecVerb.usage(word.substring(0, equals) + " is named twice", "jstack scale web=3");
      }
    }
    if (numbers.isEmpty()) {
      throw ExecVerb.usage("no service is named", "jstack scale web=3");
    }
    return numbers;
  }
}
