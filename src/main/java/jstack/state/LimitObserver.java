package jstack.state;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import jstack.diag.Inputs;
import jstack.linux.SmallFile;
import jstack.manifest.HostPath;
import jstack.program.LimitWrite;
import jstack.program.Program;

/** Reads the limits of a stack from the kernel, and the notes of {@code jstack update}. */
public final class LimitObserver {
  private final StateLayout layout;

  public LimitObserver(StateLayout layout) {
    this.layout = layout;
  }

  /**
   * The same with what the kernel says of the limits of those that run.
   *
   * @param wanted the programs that will be compared with
   */
  public Observed look(Observed observed, Map<ContainerId, Program> wanted) {
    LimitLook look = new LimitLook(this, observed, new Inputs());
    wanted.forEach(look::at);
    return look.done();
  }

  /** The texts of those files that are there. */
  public static Map<HostPath, String> read(Collection<HostPath> files) {
    Map<HostPath, String> texts = new HashMap<>();
    for (HostPath file : files) {
      read(file, new Inputs()).ifPresent(text -> texts.put(file, text));
    }
    return texts;
  }

  /** The text of a file; empty when it is not there. */
  static Optional<String> read(HostPath file, Inputs inputs) {
    byte[] bytes = SmallFile.bytes(file.value());
    if (bytes.length == 0 && !new File(file.value()).exists()) {
      inputs.note(Inputs.Kind.THERE, file.value(), false);
      return Optional.empty();
    }
    inputs.text(file.value(), bytes);
    return Optional.of(new String(bytes, StandardCharsets.ISO_8859_1).stripTrailing());
  }

  /**
   * A line for each place, {@code FILE\tDISK}, and for each value of an update, {@code
   * =KEY\tVALUE}.
   */
  List<LimitWrite.Place> updates(ContainerId id, Inputs inputs) {
    if (!layout.updates(id).toFile().exists()) {
      inputs.note(Inputs.Kind.THERE, layout.updates(id).toString(), false);
      return List.of();
    }
    inputs.cannotAskAgain(); // an up that finds nothing to do has taken the notes away
    return updates(id);
  }

  private List<LimitWrite.Place> updates(ContainerId id) {
    List<LimitWrite.Place> places = new ArrayList<>();
    for (String line : lines(id)) {
      int tab = line.indexOf('\t');
      if (line.startsWith("/") && tab > 0) {
        HostPath file = new HostPath(line.substring(0, tab));
        places.add(new LimitWrite.Place(file, line.substring(tab + 1)));
      }
    }
    return places;
  }

  /**
   * What {@code jstack update} was given for a container since it was last as the manifest says.
   */
  public Map<String, String> values(ContainerId id) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String line : lines(id)) {
      int tab = line.indexOf('\t');
      if (line.startsWith("=") && tab > 0) {
        values.put(line.substring(1, tab), line.substring(tab + 1));
      }
    }
    return values;
  }

  private List<String> lines(ContainerId id) {
    if (!layout.updates(id).toFile().exists()) {
      return List.of();
    }
    try {
      return Files.readAllLines(layout.updates(id), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return List.of();
    }
  }

  /** Of the places that were noted for a container those of the stack are forgotten. */
  public void keepOwn(ContainerId id) throws IOException {
    List<LimitWrite.Place> own = new ArrayList<>(updates(id));
    String directory = "/" + id.project() + "/" + id.name() + "/";
    if (own.removeIf(place -> !place.file().value().contains(directory))) {
      write(id, own, values(id));
    }
  }

  /** Notes places that are about to be written to, beside those that were noted before. */
  public void note(ContainerId id, Collection<LimitWrite.Place> places) throws IOException {
    note(id, places, Map.of());
  }

  /** The same, and what an update was given. */
  public void note(ContainerId id, Collection<LimitWrite.Place> places, Map<String, String> values)
      throws IOException {
    Set<LimitWrite.Place> all = new LinkedHashSet<>(updates(id));
    all.addAll(places);
    Map<String, String> given = new LinkedHashMap<>(values(id));
    given.putAll(values);
    write(id, all, given);
  }

  private void write(
      ContainerId id, Collection<LimitWrite.Place> places, Map<String, String> values)
      throws IOException {
    StringBuilder text = new StringBuilder();
    for (LimitWrite.Place place : places) {
      text.append(place.file()).append('\t').append(place.disk()).append('\n');
    }
    values.forEach((key, value) -> text.append("=" + key + "\t" + value + "\n"));
    AtomicFile.write(layout.updates(id), text.toString().getBytes(StandardCharsets.UTF_8));
  }
}
