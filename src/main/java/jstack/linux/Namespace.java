package jstack.linux;

import java.util.Arrays;
import java.util.Optional;

/** The kinds of namespaces that jstack gives to a container; see namespaces(7). */
public enum Namespace {
  MOUNT("mount", "mnt", 0x0002_0000),
  UTS("uts", "uts", 0x0400_0000),
  IPC("ipc", "ipc", 0x0800_0000),
  PID("pid", "pid", 0x2000_0000),
  NETWORK("network", "net", 0x4000_0000),
  USER("user", "user", 0x1000_0000),
  CGROUP("cgroup", "cgroup", 0x0200_0000),
  TIME("time", "time", 0x0000_0080);

  private final String key;
  private final String procName;
  private final int cloneFlag;

  Namespace(String key, String procName, int cloneFlag) {
    this.key = key;
    this.procName = procName;
    this.cloneFlag = cloneFlag;
  }

  /** The word of the manifest. */
  public String key() {
    return key;
  }

  /** The file's name below /proc/PID/ns. */
  public String procName() {
    return procName;
  }

  /** CLONE_NEW* of clone(2). */
  public int cloneFlag() {
    return cloneFlag;
  }

  public static Optional<Namespace> ofKey(String key) {
    return Arrays.stream(values()).filter(n -> n.key.equals(key)).findFirst();
  }

  @Override
  public String toString() {
    return key;
  }
}
