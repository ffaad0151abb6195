package jstack.program;

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
    NamespaceChapter namespaces = new NamespaceChapter(service, target);
    SupervisorChapter.write(steps, service, target);
    cgroups.writeHost(steps);
    namespaces.spawn(steps, cgroups.birthplace());
    cgroups.writeJoin(steps);
    namespaces.join(steps);
    if (NamespaceChapter.hasTree(service)) {
      tree(steps, service, target, cgroups);
    } else {
      steps.add(
          Phase.NAMESPACE, service.at("namespaces.mount"), new NamespaceInstruction.UseRoot());
      SystemChapter.identity(steps, service, target);
    }
    namespaces.enterUser(steps);
    if (NamespaceChapter.hasTree(service)) {
      new MountChapter(service, target).noteContent(steps);
    }
    ProcessChapter.write(steps, service, target);
    cgroups.writeTeardown(steps);
    return LifecycleChapter.added(steps.toProgram(), service);
  }

  private static void tree(StepList steps, Service service, Target target, CgroupChapter cgroups) {
    RootfsChapter.write(steps, service, target);
    MountChapter mounts = new MountChapter(service, target);
    mounts.open(steps);
    steps.add(Phase.NAMESPACE, service.at("rootfs"), new MountInstruction.PivotRoot(target.root()));
    SystemChapter.mounts(steps, service);
    cgroups.writeView(steps);
    SystemChapter.identity(steps, service, target);
    mounts.place(steps);
    SystemChapter.finish(steps, service, target.host());
  }
}
