package jstack.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.IGetter;
import picocli.CommandLine.Model.ISetter;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * What a verb is for and which words it takes, for picocli to parse and to print. Said in code:
 * picocli's annotations took a JVM that has just begun 40 of the 110 ms of a verb to read.
 *
 * <p>Names are written as help shows them, {@code -d, --detach}. A setter is called when the word
 * is there, never to say that it is not.
 */
final class Usage {
  private final CommandSpec spec = CommandSpec.wrapWithoutInspection(null, new Lists());

  /** Options that several verbs have. */
  interface Group {
    void usage(Usage usage);
  }

  CommandSpec spec() {
    return spec;
  }

  /** What reads the words of a command line. */
  CommandLine parser() {
    return new CommandLine(spec, new Lists());
  }

  /**
   * Makes the lists of words that come more than once. picocli's own factory looks for a class of
   * Groovy's first, and a JVM that looks for what is not there reads the whole index of the jar.
   */
  private static final class Lists implements CommandLine.IFactory {
    @Override
    public <K> K create(Class<K> wanted) throws Exception {
      return wanted.isAssignableFrom(ArrayList.class)
          ? wanted.cast(new ArrayList<>())
          : CommandLine.defaultFactory().create(wanted);
    }
  }

  /** Paragraphs for the head of the help. */
  Usage about(String... paragraphs) {
    spec.usageMessage().description(paragraphs);
    return this;
  }

  Usage with(Group group) {
    group.usage(this);
    return this;
  }

  Usage flag(String names, String description, Consumer<Boolean> to) {
    spec.addOption(option(names, description, to).type(boolean.class).build());
    return this;
  }

  Usage text(String names, String label, String description, Consumer<String> to) {
    return value(String.class, names, label, description, to);
  }

  Usage number(String names, String label, String description, Consumer<Integer> to) {
    return value(Integer.class, names, label, description, to);
  }

  Usage path(String names, String label, String description, Consumer<Path> to) {
    return value(Path.class, names, label, description, to);
  }

  private <T> Usage value(
      Class<T> type, String names, String label, String description, Consumer<T> to) {
    spec.addOption(option(names, description, to).paramLabel(label).type(type).build());
    return this;
  }

  /** One that may be given again and again. */
  Usage texts(String names, String label, String description, Consumer<List<String>> to) {
    return several(List.class, names, label, description, to, String.class);
  }

  Usage paths(String names, String label, String description, Consumer<List<Path>> to) {
    return several(List.class, names, label, description, to, Path.class);
  }

  /** {@code NAME=VALUE}, again and again. */
  Usage variables(
      String names, String label, String description, Consumer<Map<String, String>> to) {
    return several(Map.class, names, label, description, to, String.class, String.class);
  }

  Usage numbers(String names, String label, String description, Consumer<Map<String, Integer>> to) {
    return several(Map.class, names, label, description, to, String.class, Integer.class);
  }

  private <T> Usage several(
      Class<?> type,
      String names,
      String label,
      String description,
      Consumer<T> to,
      Class<?>... of) {
    OptionSpec.Builder option = option(names, description, to).paramLabel(label);
    spec.addOption(option.type(type).auxiliaryTypes(of).build());
    return this;
  }

  /** The words that are no options, however many. */
  Usage words(String label, Consumer<List<String>> to) {
    return words("0..*", label, "", to);
  }

  /**
   * The same.
   *
   * @param arity how many there may be, as picocli writes it: {@code 1..*}
   */
  Usage words(String arity, String label, String description, Consumer<List<String>> to) {
    return positional(List.class, arity, label, description, to);
  }

  /** One word at most. */
  Usage word(String arity, String label, String description, Consumer<String> to) {
    return positional(String.class, arity, label, description, to);
  }

  private <T> Usage positional(
      Class<?> type, String arity, String label, String description, Consumer<T> to) {
    PositionalParamSpec.Builder words =
        PositionalParamSpec.builder()
            .arity(arity)
            .required(!arity.startsWith("0"))
            .paramLabel(label)
            .type(type);
    if (type != String.class) {
      words.auxiliaryTypes(String.class);
    }
    if (!description.isEmpty()) {
      words.description(description);
    }
    Slot<T> slot = new Slot<>(to);
    spec.addPositional(words.getter(slot).setter(slot).build());
    return this;
  }

  private static <T> OptionSpec.Builder option(String names, String description, Consumer<T> to) {
    Slot<T> slot = new Slot<>(to);
    String[] each = names.split(", ", -1);
    return OptionSpec.builder(each).description(description).getter(slot).setter(slot);
  }

  /** Where picocli puts a value, and finds the one before. */
  private static final class Slot<T> implements IGetter, ISetter {
    private final Consumer<T> to;
    private @Nullable Object value;

    Slot(Consumer<T> to) {
      this.to = to;
    }

    @Override
    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // picocli's own signature
    public <V> @Nullable V get() {
      return (V) value;
    }

    @Override
    @SuppressWarnings("unchecked")
    public <V> @Nullable V set(@Nullable V next) {
      Object before = value;
      value = next;
      if (next != null) {
        to.accept((T) next);
      }
      return (V) before;
    }
  }
}
