package jstack.program;

import java.util.ArrayList;
import java.util.List;
import jstack.manifest.HostPath;

/** Settings of the supervisor, and what it does before and after a run. */
public sealed interface SupervisorInstruction extends Instruction {
  /** How large a log file gets and how many are kept. */
  record LogLimit(long bytes, int files) implements SupervisorInstruction {
    @Override
    public String op() {
      return "log-limit";
    }

    @Override
    public List<String> arguments() {
      return List.of(Long.toUnsignedString(bytes), Integer.toString(files));
    }
  }

  /** How the container is asked to end, and how long it may take. */
  record Stop(int signal, long graceMillis) implements SupervisorInstruction {
    @Override
    public String op() {
      return "stop";
    }

    @Override
    public List<String> arguments() {
      return List.of(Integer.toString(signal), Long.toUnsignedString(graceMillis));
    }
  }

  /** Whether the command gets a pseudo-terminal. */
  record Terminal(boolean on) implements SupervisorInstruction {
    @Override
    public String op() {
      return "terminal";
    }

    @Override
    public List<String> arguments() {
      return List.of(on ? "1" : "0");
    }
  }

  /** Whether standard input stays open; /dev/null otherwise. */
  record Stdin(boolean open) implements SupervisorInstruction {
    @Override
    public String op() {
      return "stdin";
    }

    @Override
    public List<String> arguments() {
      return List.of(open ? "1" : "0");
    }
  }

  /** Where the control socket is bound; see unix(7) for the limit of 107 bytes. */
  record Control(HostPath socket) implements SupervisorInstruction {
    @Override
    public String op() {
      return "control";
    }

    @Override
    public List<String> arguments() {
      return List.of(socket.value());
    }
  }

  /** The cgroup that ends every process of the container at once. */
  record KillWith(HostPath cgroup) implements SupervisorInstruction {
    @Override
    public String op() {
      return "kill-with";
    }

    @Override
    public List<String> arguments() {
      return List.of(cgroup.value());
    }
  }

  /** How likely the supervisor is ended when memory runs out; see oom_score_adj in proc(5). */
  record OomScore(String adjustment) implements SupervisorInstruction {
    @Override
    public String op() {
      return "oom-score";
    }

    @Override
    public List<String> arguments() {
      return List.of(adjustment);
    }
  }

  /**
   * A memory cgroup of v1: when the kernel kills one process in it to keep a limit, all of the
   * container are ended.
   */
  record OomGroup(HostPath cgroup) implements SupervisorInstruction {
    @Override
    public String op() {
      return "oom-group";
    }

    @Override
    public List<String> arguments() {
      return List.of(cgroup.value());
    }
  }

  /** How long a run may take. */
  record Timeout(long millis) implements SupervisorInstruction {
    @Override
    public String op() {
      return "timeout";
    }

    @Override
    public List<String> arguments() {
      return List.of(Long.toUnsignedString(millis));
    }
  }

  /**
   * Whether the supervisor starts the container again.
   *
   * @param when 0 never, 1 when it failed, 2 always
   * @param most starts in a row; 0 is no limit
   * @param delayMillis before each start; 0 is 100 ms, doubling
   * @param windowMillis who ran for so long begins anew; 0 is 10 s
   */
  record Restart(int when, int most, long delayMillis, long windowMillis)
      implements SupervisorInstruction {
    @Override
    public String op() {
      return "restart";
    }

    @Override
    public List<String> arguments() {
      return List.of(
          Integer.toString(when),
          Integer.toString(most),
          Long.toUnsignedString(delayMillis),
          Long.toUnsignedString(windowMillis));
    }
  }

  /**
   * How the health check is gone about; what is run is a {@link Task}. Times are milliseconds.
   *
   * @param onFailure 0 nothing, 1 the container is restarted, 2 it is stopped
   */
  record Health(
      long interval, long timeout, int retries, long startPeriod, long startInterval, int onFailure)
      implements SupervisorInstruction {
    @Override
    public String op() {
      return "health";
    }

    @Override
    public List<String> arguments() {
      return List.of(
          Long.toUnsignedString(interval),
          Long.toUnsignedString(timeout),
          Integer.toString(retries),
          Long.toUnsignedString(startPeriod),
          Long.toUnsignedString(startInterval),
          Integer.toString(onFailure));
    }
  }

  /** CLONE_NEW* of the namespaces that a {@link Task} joins. */
  record Enter(long flags) implements SupervisorInstruction {
    @Override
    public String op() {
      return "enter";
    }

    @Override
    public List<String> arguments() {
      return List.of(Long.toUnsignedString(flags));
    }
  }

  /**
   * One more command in the container, by its supervisor: a hook, or the health check.
   *
   * @param moment 0 pre_start, 1 post_start, 2 pre_stop, 3 health check
   * @param user empty is that of the command, as are the working directory and no variables
   * @param variables how many of the words are variables; behind them the search path and argv
   */
  record Task(int moment, String user, String workingDir, int variables, List<String> words)
      implements SupervisorInstruction {
    public Task {
      words = List.copyOf(words);
    }

    @Override
    public String op() {
      return "task";
    }

    @Override
    public List<String> arguments() {
      List<String> all = new ArrayList<>();
      all.add(Integer.toString(moment));
      all.add(user);
      all.add(workingDir);
      all.add(Integer.toString(variables));
      all.addAll(words);
      return all;
    }
  }

  /**
   * What is only to be read: a label, or what a file held that is followed.
   *
   * @param kind {@link #LABEL}, {@link #ANNOTATION}, {@link #CONTENT} or {@link #KEPT}
   */
  record Note(String kind, String name, String value) implements SupervisorInstruction {
    public static final String LABEL = "label";
    public static final String ANNOTATION = "annotation";

    /** Named after its target; the value is a hash that only this boot of the machine can make. */
    public static final String CONTENT = "content";

    /** Of a run that is over and stays until somebody removes it. */
    public static final String KEPT = "kept";

    @Override
    public String op() {
      return "note";
    }

    @Override
    public List<String> arguments() {
      return List.of(kind, name, value);
    }
  }
}
