package jstack.state;

import java.util.Locale;

/** What the machine says of a container, whatever was noted of it. */
public enum RunState {
  /** Prepared, not started: by create, or a run is at it, or was killed in between. */
  CREATED,
  /** Its supervisor is making it. */
  STARTING,
  /** Its processes live and its supervisor watches. */
  RUNNING,
  /** The same, and all of them stand still until somebody unpauses them. */
  PAUSED,
  /** Its command ended, and its supervisor starts it again before long. */
  RESTARTING,
  /** Its processes live, its supervisor is dead. */
  UNSUPERVISED,
  /** Its processes and its supervisor live, and its control socket is gone: nobody can ask it. */
  UNREACHABLE,
  /** The command ended; the exit code is known. */
  EXITED,
  /** It never got as far as its command. */
  FAILED,
  /** It is gone and nobody noted how: the machine was restarted, or everything was killed. */
  LOST;

  /** Whether a command of the container runs, or will run again without being asked. */
  public boolean isAlive() {
    return isSupervised() || needsSupervisor();
  }

  /** Whether its supervisor can be asked: its command runs, is paused, or will run again. */
  public boolean isSupervised() {
    return this == RUNNING || this == PAUSED || this == RESTARTING;
  }

  /** Whether it runs on, and has to get a new supervisor before anything can be asked of it. */
  public boolean needsSupervisor() {
    return this == UNSUPERVISED || this == UNREACHABLE;
  }

  /** Whether it has a first process, whose namespaces and cgroups can be looked at. */
  public boolean hasProcess() {
    return isAlive() && this != RESTARTING;
  }

  /** Whether the container's life is over. */
  public boolean isOver() {
    return this == EXITED || this == FAILED || this == LOST;
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
