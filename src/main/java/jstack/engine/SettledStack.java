package jstack.engine;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import jstack.diag.Inputs;
import jstack.linux.KernelMounts;
import jstack.linux.SmallFile;
import jstack.manifest.HostPath;
import jstack.manifest.files.DiskFiles;
import jstack.rootfs.RootfsStore;
import jstack.state.NetworkRecord;
import jstack.state.Observed;
import jstack.state.ObservedContainer;
import jstack.state.Observer;
import jstack.state.RunState;
import jstack.state.SettledRecord;
import jstack.state.StateLayout;

/**
 * Whether a stack is still as an up found it that had nothing to do. A plan is a function of what
 * was read: when all that was read would be read again, of the manifest, the machine, the kernel's
 * limits and the containers, there is nothing to do this time either, and no manifest has to be
 * parsed nor a program compiled to know it.
 *
 * <p>It never says what there is to do: whatever differs is for the planner.
 */
public final class SettledStack {
  /** Of the texts that a plan comes from: more than any of them may be. */
  private static final long LARGEST = 16L << 20;

  private final StateLayout layout;
  private final Observer observer;
  private final String project;
  private final Map<String, String> environment;

  /**
   * @param environment the caller's variables
   */
  public SettledStack(
      StateLayout layout, Observer observer, String project, Map<String, String> environment) {
    this.environment = environment;
    this.layout = layout;
    this.observer = observer;
    this.project = project;
  }

  /**
   * What an up saw that was asked for the same and found nothing to do.
   *
   * @param request what is asked for, with all that is not noted as an input
   */
  public Optional<SettledRecord> find(String request) {
    return SettledRecord.read(layout, project).filter(r -> r.request().equals(request));
  }

  /** Whether all of that is so now; to be asked by who holds the project's lock. */
  public boolean holds(SettledRecord record) {
    return record.containers().equals(lines(observer.observe(project)))
        && answersAreTheSame(record.answers());
  }

  private boolean answersAreTheSame(Map<Inputs.Question, String> answers) {
    for (Map.Entry<Inputs.Question, String> each : answers.entrySet()) {
      if (!ask(each.getKey()).equals(each.getValue())) {
        return false;
      }
    }
    return true;
  }

  /** As whoever noted the answer asked. */
  private String ask(Inputs.Question question) {
    String subject = question.subject();
    return switch (question.kind()) {
      case TEXT -> text(subject);
      case KIND -> DiskFiles.kindOf(new HostPath(subject)).name();
      case REAL -> new HostPath(subject).real().value();
      case THERE -> Inputs.word(Path.of(subject).toFile().exists());
      case DIRECTORY -> Inputs.word(Files.isDirectory(Path.of(subject), LinkOption.NOFOLLOW_LINKS));
      case LINK -> link(Path.of(subject));
      case FILE -> RootfsStore.identity(Path.of(subject));
      case MOUNTS -> Inputs.digest(KernelMounts.of(SmallFile.text(subject)));
      case VARIABLE -> Inputs.digest(environment.get(subject));
      case TABLE -> Inputs.word(NetworkTools.hasTable(subject));
      case SUBNETS -> Inputs.word(subnets(subject).areOwnFree());
    };
  }

  /** Of whatever has taken its place since: that it is another one shows before its end. */
  private static String text(String file) {
    if (new File(file).length() > LARGEST) {
      return "";
    }
    boolean kernels = file.startsWith("/proc/") || file.startsWith("/sys/"); // these say 0
    return Inputs.digest(kernels ? SmallFile.bytes(file) : SmallFile.written(file));
  }

  private SubnetChooser subnets(String stack) {
    return new SubnetChooser(layout, stack, NetworkRecord.read(layout, stack));
  }

  private static String link(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException e) {
      return "";
    }
  }

  /**
   * An up found nothing to do. That is kept for the next, if it can be asked again whether all is
   * as it was; a record that cannot be written is none, and costs no more than time.
   */
  public void note(String request, Inputs inputs, Observed observed) {
    Path project = layout.projectRecord(this.project);
    inputs.text(project.toString(), SmallFile.bytes(project));
    boolean calm = observed.containers().stream().allMatch(SettledStack::isCalm);
    if (!calm || !inputs.areRepeatable() || request.indexOf('\n') >= 0) {
      return;
    }
    try {
      new SettledRecord(request, lines(observed), inputs.answers()).write(layout, this.project);
    } catch (IOException e) {
      return;
    }
  }

  /** Nothing of it is on its way to another state. */
  private static boolean isCalm(ObservedContainer container) {
    return container.state() == RunState.RUNNING || container.isDone();
  }

  private static List<String> lines(Observed observed) {
    List<String> lines = new ArrayList<>();
    for (ObservedContainer container : observed.containers()) {
      lines.add(SettledRecord.container(container));
    }
    return lines;
  }
}
