package jstack.manifest.policy;

import static jstack.manifest.policy.Refusals.joined;

import java.net.URI;
import java.util.List;
import java.util.Locale;
import jstack.manifest.ByteSize;
import jstack.manifest.HostPath;
import jstack.manifest.RootfsLimits;
import jstack.manifest.RootfsSpec;
import jstack.manifest.Sha256;
import jstack.manifest.files.HostFiles;
import org.jspecify.annotations.Nullable;

/** Where a rootfs may come from. */
final class SourceRules {
  private final Policy policy;
  private final HostFiles files;
  private final FolderRules folders;
  private final Refusals refusals;

  SourceRules(Policy policy, HostFiles files, FolderRules folders, Refusals refusals) {
    this.policy = policy;
    this.files = files;
    this.folders = folders;
    this.refusals = refusals;
  }

  void check(RootfsSpec rootfs, HostPath folder) {
    Policy.Sources sources = policy.sources();
    if (rootfs instanceof RootfsSpec.Url url) {
      unpacked(rootfs, url.limits());
      boolean isFile = "file".equalsIgnoreCase(url.url().getScheme());
      if (isFile) {
        source(rootfs, new HostPath(url.url().getPath()).real());
      } else if (sources != null && !isHost(url.url(), sources.hosts())) {
        String hosts = sources.hosts().isEmpty() ? "none" : joined(sources.hosts());
        String message = "a rootfs from " + hostOf(url.url()) + " is not allowed by the policy";
        refusals.refuse(rootfs.origin(), message, "rootfs.hosts", "hosts: " + hosts, "");
      }
      digest(rootfs, url.sha256());
    } else if (rootfs instanceof RootfsSpec.Local local) {
      source(rootfs, local.real());
      boolean isDirectory = files.kind(local.real()) == HostFiles.Kind.DIRECTORY;
      if (!isDirectory) {
        unpacked(rootfs, local.limits());
        digest(rootfs, local.sha256());
      } else if (sources == null
          && policy.readable() != null
          && !FolderRules.isWithin(local.real(), List.of(folder))) {
        folders.reads(local.real(), rootfs.origin());
      }
    } else if (rootfs instanceof RootfsSpec.Host && sources == null && policy.readable() != null) {
      String message = "a jail may copy any file, and the policy says which may be read";
      String hint = "whoever keeps the policy can write rootfs: {host: true}";
      refusals.refuse(rootfs.origin(), message, "mounts.readable", "no jails", hint);
    } else if (rootfs instanceof RootfsSpec.Host && sources != null && !sources.jails()) {
      String message = "a jail of this machine's files is not allowed by the policy";
      refusals.refuse(rootfs.origin(), message, "rootfs.host", "no jails", "");
    }
  }

  void redirect(RootfsSpec.Url rootfs, URI next) {
    Policy.Sources sources = policy.sources();
    if (sources != null && !isHost(next, sources.hosts())) {
      String hosts = sources.hosts().isEmpty() ? "none" : joined(sources.hosts());
      String message = "a redirect to " + hostOf(next) + " is not allowed by the policy";
      refusals.refuse(rootfs.origin(), message, "rootfs.hosts", "hosts: " + hosts, "");
    }
  }

  /** A place of this machine. */
  void source(RootfsSpec rootfs, HostPath real) {
    Policy.Sources sources = policy.sources();
    if (sources != null && !FolderRules.isWithin(real, sources.paths())) {
      String folders = sources.paths().isEmpty() ? "none" : joined(sources.paths());
      String message = "a rootfs at " + real + " is not allowed by the policy";
      refusals.refuse(rootfs.origin(), message, "rootfs.paths", "folders: " + folders, "");
    }
  }

  /** Who asks for less than the usual gets less: what an archive becomes is seen too late. */
  private void unpacked(RootfsSpec rootfs, RootfsLimits limits) {
    ByteSize most = policy.rootfs();
    if (most != null && limits.size().bytes() > most.bytes()) {
      refusals.refuse(
          rootfs.origin(),
          "an archive that may become " + limits.size() + " is more than the policy allows",
          "limits.rootfs",
          "at most " + most,
          "write rootfs: {..., limits: {size: " + most + "}} or less");
    }
  }

  private void digest(RootfsSpec rootfs, @Nullable Sha256 sha256) {
    if (policy.sha256Required() && sha256 == null) {
      refusals.refuse(
          rootfs.origin(),
          "the policy wants the sha256 of each archive",
          "rootfs.sha256",
          "required",
          "write rootfs: {..., sha256: \"...\"}; sha256sum FILE prints it");
    }
  }

  /** A name alone means any port. */
  private static boolean isHost(URI url, List<String> hosts) {
    String host = hostOf(url);
    int port = url.getPort();
    if (port < 0) {
      port = "http".equalsIgnoreCase(url.getScheme()) ? 80 : 443;
    }
    for (String each : hosts) {
      String wanted = each.toLowerCase(Locale.ROOT);
      boolean below = wanted.startsWith("*.") && host.endsWith(wanted.substring(1));
      boolean same = wanted.equals(host) || wanted.equals(host + ":" + port);
      boolean belowWithPort =
          wanted.startsWith("*.") && (host + ":" + port).endsWith(wanted.substring(1));
      if (below || same || belowWithPort) {
        return true;
      }
    }
    return false;
  }

  private static String hostOf(URI url) {
    String host = url.getHost();
    return host == null ? "" : host.toLowerCase(Locale.ROOT);
  }
}
