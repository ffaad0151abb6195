package jstack.cli;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "scale",
    description = {
      "Give services another number of containers, until the next up.",
      "As up -d --no-deps --scale SERVICE=N SERVICE: nobody else is touched."
    })
final class ScaleVerb implements Verb {
  @Mixin private final ManifestOptions options = new ManifestOptions.WithPolicy();

  @Mixin private final LockOptions locking = new LockOptions();

  @Option(names = "--no-deps", description = "As it always is; accepted since Compose has it.")
  @SuppressWarnings("UnusedVariable") // to be read by nobody
  private boolean noDependencies;

  @Option(
      names = {"-t", "--timeout"},
      paramLabel = "SECONDS",
      description = "How long a container may take to stop.")
  private @Nullable Integer timeout;

  @Option(
      names = {"-q", "--quiet"},
      description = "No progress.")
  private boolean quiet;

  @Parameters(arity = "1..*", paramLabel = "SERVICE=N")
  private List<String> words = List.of();

  @Override
  public int run(Console console) throws IOException, InterruptedException {
    Map<String, Integer> numbers = numbers(options.takeManifest(console, words));
    return UpVerb.ofScale(options, locking, numbers, timeout, quiet).run(console);
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
