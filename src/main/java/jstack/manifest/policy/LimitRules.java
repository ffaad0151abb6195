package jstack.manifest.policy;

import java.math.BigDecimal;
import jstack.diag.Origin;
import jstack.manifest.ByteSize;
import jstack.manifest.CpuMax;
import jstack.manifest.Logging;
import jstack.manifest.MemoryLimits;
import jstack.manifest.Service;

/** How much of the machine a service may take. */
final class LimitRules {
  private final Policy policy;
  private final Refusals refusals;

  LimitRules(Policy policy, Refusals refusals) {
    this.policy = policy;
    this.refusals = refusals;
  }

  void all(Service service) {
    memory(service);
    cpus(service);
    pids(service);
    logs(service);
  }

  /** One of them, by its key. */
  void one(Service service, String key) {
    switch (key) {
      case "memory.max", "memory.swap_max" -> memory(service);
      case "cpu.max" -> cpus(service);
      case "pids.max" -> pids(service);
      default -> {
        // of no interest to a policy
      }
    }
  }

  private void memory(Service service) {
    ByteSize most = policy.memory();
    MemoryLimits memory = service.cgroup().memory();
    ByteSize max = memory.max();
    if (most == null) {
      return;
    }
    Origin at = service.at("cgroup.memory.max");
    String hint = "write cgroup: {memory: {max: " + most + "}} or less";
    if (max == null) {
      refusals.refuse(
          at, "the policy wants a limit of memory", "limits.memory", "at most " + most, hint);
      return;
    }
    long swap = memory.swapMax() == null ? 0 : memory.swapMax().bytes();
    if (max.bytes() > most.bytes() || swap > most.bytes() - max.bytes()) {
      String both = swap == 0 ? max.toString() : max + " and " + memory.swapMax() + " of swap";
      String message = both + " of memory is more than the policy allows";
      refusals.refuse(at, message, "limits.memory", "at most " + most + ", swap included", hint);
    }
  }

  private void cpus(Service service) {
    BigDecimal most = policy.cpus();
    if (most == null) {
      return;
    }
    CpuMax max = service.cgroup().cpu().max();
    Origin at = service.at("cgroup.cpu.max");
    String hint = "write cgroup: {cpu: {max: " + most.toPlainString() + "}} or less";
    String says = "at most " + most.toPlainString();
    if (max == null) {
      refusals.refuse(at, "the policy wants a limit of processor time", "limits.cpus", says, hint);
    } else if (most.multiply(BigDecimal.valueOf(max.period()))
            .compareTo(BigDecimal.valueOf(max.quota()))
        < 0) {
      refusals.refuse(at, "more processor time than the policy allows", "limits.cpus", says, hint);
    }
  }

  private void pids(Service service) {
    Long most = policy.pids();
    Long max = service.cgroup().pidsMax();
    if (most == null || (max != null && max <= most)) {
      return;
    }
    String message =
        max == null
            ? "the policy wants a limit of processes"
            : max + " processes are more than the policy allows";
    refusals.refuse(
        service.at("cgroup.pids.max"),
        message,
        "limits.pids",
        "at most " + most,
        "write cgroup: {pids: {max: " + most + "}} or less");
  }

  private void logs(Service service) {
    ByteSize most = policy.logs();
    Logging logging = service.logging();
    if (most == null || logging.maxSize().bytes() <= most.bytes() / logging.maxFile()) {
      return;
    }
    boolean files = service.at("logging.max-file").isKnown();
    refusals.refuse(
        service.at(files ? "logging.max-file" : "logging.max-size"),
        logging.maxFile() + " logs of " + logging.maxSize() + " are more than the policy allows",
        "limits.logs",
        "at most " + most,
        "max-size times max-file must not be more");
  }
}
