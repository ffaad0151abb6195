package jstack.program;

import jstack.linux.MountFlag;
import jstack.linux.Namespace;
import jstack.manifest.HostPath;
import jstack.manifest.Service;

/** A service becomes the program of one container. Pure: equal services make equal programs. */
public final class Compiler {
  private Compiler() {}

  /**
   * The whole life of a container, phase by phase.
   *
   * @throws jstack.diag.DiagnosticException when this machine cannot hold what the service asks for
   */
  public static Program compile(Service service, Target target) {
    StepList steps = new StepList();
    CgroupChapter cgroups = new CgroupChapter(service, target);
    SupervisorChapter.write(steps, service, target);
    cgroups.writeHost(steps);
    namespaces(steps, service, cgroups);
    RootfsChapter.write(steps, service, target);
    MountChapter mounts = new MountChapter(service, target);
    mounts.open(steps);
    steps.add(Phase.NAMESPACE, service.at("rootfs"), new Instruction.PivotRoot(target.root()));
    SystemChapter.write(steps, service);
    mounts.place(steps);
    SystemChapter.finish(steps, service);
    ProcessChapter.write(steps, service);
    cgroups.writeTeardown(steps);
    return steps.toProgram();
  }

  /**
   * The cgroup namespace is left for a new one only after its cgroups have been joined: its root is
   * where the process is at that moment; see cgroup_namespaces(7).
   */
  private static void namespaces(StepList steps, Service service, CgroupChapter cgroups) {
    long flags = 0;
    for (Namespace namespace : Namespace.values()) {
      if (namespace != Namespace.CGROUP && service.namespaces().isOwn(namespace)) {
        flags |= Integer.toUnsignedLong(namespace.cloneFlag());
      }
    }
    HostPath bornIn = cgroups.birthplace();
    steps.add(Phase.HOST, service.at("namespaces"), new Instruction.Spawn(flags, bornIn));
    cgroups.writeJoin(steps);
    if (service.namespaces().isOwn(Namespace.CGROUP)) {
      long flag = Integer.toUnsignedLong(Namespace.CGROUP.cloneFlag());
      steps.add(Phase.NAMESPACE, service.at("namespaces"), new Instruction.Unshare(flag));
    }
    steps.add(
        Phase.NAMESPACE,
        service.at("namespaces"),
        new Instruction.SetPropagation(new HostPath("/"), MountFlag.REC | MountFlag.PRIVATE));
  }
}
