package jstack.cli;

import java.util.ArrayList;
import java.util.List;
import jstack.diag.DiagnosticException;
import jstack.manifest.load.LoadRequest;
import jstack.state.Observed;

final class PortVerb implements Verb {
  private final ManifestOptions options = new ManifestOptions();
  private String protocol = "tcp";
  private List<String> words = List.of();

  /** One published port: {@code 0.0.0.0:8080} leads to {@code 80/tcp}. */
  private record Way(String address, String inside) {
    /** As the record has it: {@code 0.0.0.0:8080:80/tcp}. */
    static Way parse(String text) {
      int colon = text.lastIndexOf(':');
      return new Way(text.substring(0, colon), text.substring(colon + 1));
    }
  }

  @Override
  public void usage(Usage usage) {
    usage
        .about(
            "Show where the ports of a service are published, as they were made.",
            "With a port of the container, only the address of the host that leads to it.")
        .with(options)
        .text("--protocol", "PROTOCOL", "tcp or udp", value -> protocol = value)
        .words("SERVICE [PORT]", list -> words = list);
  }

  @Override
  public int run(Console console) {
    List<String> left = new ArrayList<>(options.takeManifest(console, words));
    if (left.isEmpty() || left.size() > 2) {
      throw ExecVerb.usage("port needs a service, and a port or none", "jstack port web 80");
    }
    if (!protocol.equals("tcp") && !protocol.equals("udp")) {
      throw ExecVerb.usage("no protocol " + protocol, "tcp or udp");
    }
    Session session = new Session(console, options, LoadRequest.Purpose.STOP);
    String service = left.get(0);
    Observed observed = session.observed();
    session.select(observed, List.of(service));
    boolean runs = observed.of(service).stream().anyMatch(c -> c.state().isAlive());
    if (!runs) {
      throw DiagnosticException.operation(
          "not-running", service + " does not run", "jstack up -d " + service + " starts it");
    }
    List<Way> ways = new ArrayList<>();
    for (String text : PsVerb.ports(session).getOrDefault(service, "").split(", ", -1)) {
      if (!text.isEmpty()) {
        ways.add(Way.parse(text));
      }
    }
    if (left.size() == 1) {
      ways.forEach(way -> console.out().println(way.inside() + " -> " + way.address()));
      return ExitCode.DONE;
    }
    String wanted = wanted(left.get(1));
    List<Way> found = ways.stream().filter(way -> way.inside().equals(wanted)).toList();
    if (found.isEmpty()) {
      throw DiagnosticException.operation(
          "not-published",
          "port " + wanted + " of " + service + " is not published",
          ways.isEmpty()
              ? "add it to ports in the manifest"
              : "published are " + String.join(", ", ways.stream().map(Way::inside).toList()));
    }
    found.forEach(way -> console.out().println(way.address()));
    return ExitCode.DONE;
  }

  private String wanted(String word) {
    int slash = word.indexOf('/');
    String number = slash < 0 ? word : word.substring(0, slash);
    if (!number.matches("[1-9][0-9]{0,4}") || Integer.parseInt(number) > 65_535) {
      throw ExecVerb.usage("no port " + word, "a number from 1 to 65535, such as 80 or 53/udp");
    }
    return slash < 0 ? word + "/" + protocol : word;
  }
}
