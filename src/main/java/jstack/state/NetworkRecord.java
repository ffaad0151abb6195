package jstack.state;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jstack.linux.CrashPoint;
import jstack.linux.IpAddress;
import jstack.linux.IpPrefix;
import jstack.linux.SmallFile;
import jstack.program.NetworkPart;
import jstack.program.NetworkProgram;
import org.jspecify.annotations.Nullable;

/**
 * What a stack's networks have left on the machine: written before the first of it is made and
 * removed after the last of it is gone, so that whoever was killed in between is cleared up after.
 */
public record NetworkRecord(List<Entry> entries) {
  public static final NetworkRecord EMPTY = new NetworkRecord(List.of());

  /** Of a part that may be there in half; no whole part has it. */
  public static final String UNFINISHED = "unfinished";

  private static final String NETWORK_KEY = "networks.";

  /** One part; see {@link NetworkPart}. */
  public record Entry(
      NetworkPart.Kind kind,
      String name,
      String label,
      String fingerprint,
      Map<String, String> facts) {
    public Entry {
      facts = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(facts));
    }

    /** The networks that a namespace has a link to. */
    public List<String> networks() {
      List<String> networks = new ArrayList<>();
      for (String key : facts.keySet()) {
        if (key.startsWith(NETWORK_KEY)) {
          networks.add(key.substring(NETWORK_KEY.length()));
        }
      }
      return networks;
    }

    /** By hand, because the generated one costs a short-lived JVM 15 ms at its first call. */
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Entry that
          && kind == that.kind
          && name.equals(that.name)
          && label.equals(that.label)
          && fingerprint.equals(that.fingerprint)
          && facts.equals(that.facts);
    }

    @Override
    public int hashCode() {
      return name.hashCode() * 31 + fingerprint.hashCode();
    }

    /** The same as something that may be there in half. */
    public Entry unfinished() {
      return new Entry(kind, name, label, UNFINISHED, facts);
    }
  }

  public NetworkRecord {
    entries = List.copyOf(entries);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof NetworkRecord that && entries.equals(that.entries);
  }

  @Override
  public int hashCode() {
    return entries.hashCode();
  }

  public static NetworkRecord of(NetworkProgram program) {
    List<Entry> entries = new ArrayList<>();
    for (NetworkPart part : program.parts()) {
      entries.add(of(part));
    }
    return new NetworkRecord(entries);
  }

  public static Entry of(NetworkPart part) {
    Map<String, String> facts = new LinkedHashMap<>();
    part.facts().forEach((key, fact) -> facts.put(key, fact.value()));
    return new Entry(part.kind(), part.name(), part.label(), part.fingerprint(), facts);
  }

  public Optional<Entry> find(NetworkPart.Kind kind, String name) {
    for (Entry entry : entries) {
      if (entry.kind() == kind && entry.name().equals(name)) {
        return Optional.of(entry);
      }
    }
    return Optional.empty();
  }

  /** The addresses that containers have: {@code web-1 default} and {@code web-1 default v6}. */
  public Map<String, IpAddress> addresses() {
    Map<String, IpAddress> addresses = new HashMap<>();
    for (Entry entry : entries) {
      if (entry.kind() == NetworkPart.Kind.NAMESPACE) {
        entry.facts().forEach((key, value) -> addresses(entry.label(), key, value, addresses));
      }
    }
    return addresses;
  }

  private static void addresses(
      String container, String key, String value, Map<String, IpAddress> into) {
    if (!key.startsWith(NETWORK_KEY)) {
      return;
    }
    String network = key.substring(NETWORK_KEY.length());
    for (String word : value.split(" ", -1)) {
      int slash = word.indexOf('/');
      IpAddress.parse(slash < 0 ? "" : word.substring(0, slash))
          .ifPresent(
              address ->
                  into.put(container + " " + network + (address.isV6() ? " v6" : ""), address));
    }
  }

  /** The subnets of the bridges, by network, and behind it {@code " v6"}. */
  public Map<String, IpPrefix> subnets() {
    Map<String, IpPrefix> subnets = new LinkedHashMap<>();
    for (Entry entry : entries) {
      if (entry.kind() == NetworkPart.Kind.BRIDGE) {
        String text = entry.facts().getOrDefault(NETWORK_KEY + entry.label(), "");
        for (String word : text.split(" ", -1)) {
          IpPrefix.parse(word)
              .filter(prefix -> word.indexOf('/') > 0)
              .ifPresent(
                  prefix ->
                      subnets.put(entry.label() + (prefix.base().isV6() ? " v6" : ""), prefix));
        }
      }
    }
    return subnets;
  }

  /** The record of a project; the empty one when there is none. */
  public static NetworkRecord read(StateLayout layout, String project) {
    try {
      Path file = layout.networkRecord(project);
      SmallFile.requireFile(file);
      return parse(Files.readString(file, StandardCharsets.UTF_8));
    } catch (IOException e) {
      return EMPTY;
    }
  }

  /** Writes it; the empty one removes the file. */
  public void write(StateLayout layout, String project) throws IOException {
    Path file = layout.networkRecord(project);
    if (entries.isEmpty()) {
      CrashPoint.at("remove the record of the networks");
      Files.deleteIfExists(file);
      return;
    }
    PrivateDirectory.make(layout.project(project));
    AtomicFile.write(file, toString().getBytes(StandardCharsets.UTF_8));
  }

  /** A line that is none of ours is passed over, with the facts before it. */
  static NetworkRecord parse(String text) {
    List<Entry> entries = new ArrayList<>();
    Map<String, String> facts = new LinkedHashMap<>();
    for (String line : text.lines().toList()) {
      String[] words = line.split("\t", -1);
      if (words.length == 3 && words[0].equals("fact")) {
        facts.put(words[1], words[2]);
        continue;
      }
      Optional<NetworkPart.Kind> kind = words.length == 4 ? kind(words[0]) : Optional.empty();
      kind.ifPresent(k -> entries.add(new Entry(k, words[1], words[2], words[3], facts)));
      facts.clear();
    }
    return new NetworkRecord(entries);
  }

  private static Optional<NetworkPart.Kind> kind(String name) {
    for (NetworkPart.Kind kind : NetworkPart.Kind.values()) {
      if (kind.name().equals(name)) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }

  /** The facts of an entry stand before it. */
  @Override
  public String toString() {
    StringBuilder out = new StringBuilder();
    for (Entry entry : entries) {
      entry
          .facts()
          .forEach(
              (key, value) ->
                  out.append("fact\t").append(key).append('\t').append(value).append('\n'));
      out.append(entry.kind().name()).append('\t').append(entry.name()).append('\t');
      out.append(entry.label()).append('\t').append(entry.fingerprint()).append('\n');
    }
    return out.toString();
  }
}
