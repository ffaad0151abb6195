package jstack.engine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import jstack.diag.Diagnostic;
import jstack.diag.DiagnosticException;
import jstack.diag.Failure;
import jstack.diag.Inputs;
import jstack.diag.Origin;
import jstack.linux.CrashPoint;
import jstack.linux.JudgedFile;
import jstack.linux.OwnProcess;
import jstack.linux.SmallFile;
import jstack.manifest.FileObject;
import jstack.manifest.HostPath;
import jstack.manifest.IdMap;
import jstack.manifest.Manifest;
import jstack.manifest.Mount;
import jstack.manifest.Service;
import jstack.program.HostInstruction;
import jstack.program.MountInstruction;
import jstack.program.Program;
import jstack.program.StoredName;
import jstack.state.AtomicFile;
import jstack.state.PrivateDirectory;
import jstack.state.StateLayout;
import org.jspecify.annotations.Nullable;

/**
 * Secrets and configs on their way into containers: copies below /run, where only root comes, so
 * that a container starts again with what it had. Programs name them and never hold them.
 */
public final class StoredFiles {
  /** As much as the field takes; see secrets of Kubernetes. */
  private static final int LARGEST = 1 << 20;

  private static final int SALT = 32;

  private final StateLayout layout;
  private final boolean claims;
  private final Inputs inputs;

  /**
   * @param claims whether they are written, or only looked at
   * @param inputs is told of what was read
   */
  StoredFiles(StateLayout layout, boolean claims, Inputs inputs) {
    this.inputs = inputs;
    this.layout = layout;
    this.claims = claims;
  }

  /**
   * Where the files of a service are kept, by their targets.
   *
   * @param ids of its user namespace; null when inside and outside are the same
   * @throws DiagnosticException when one cannot be read
   */
  Map<String, HostPath> places(Manifest manifest, Service service, @Nullable IdMap ids) {
    Map<String, HostPath> places = new LinkedHashMap<>();
    for (Mount mount : service.mounts()) {
      FileObject object =
          mount instanceof Mount.File file
              ? manifest.storage().files(file.kind()).get(file.source())
              : null;
      if (object != null && mount instanceof Mount.File file) {
        Path kept = keep(manifest.name(), file, object, ids);
        places.put(file.target().value(), HostPath.of(kept));
      }
    }
    return places;
  }

  private Path keep(String project, Mount.File file, FileObject object, @Nullable IdMap ids) {
    byte[] content = content(object);
    boolean secret = object.kind() == FileObject.Kind.SECRET;
    // The helper copies a secret and says then whose it is; a config is mounted as it lies there.
    long uid = secret ? 0 : outside(file, file.uid(), ids);
    long gid = secret ? 0 : outside(file, file.gid(), ids);
    int mode = secret ? 0400 : file.mode();
    try {
      String hash = hash(object, content);
      String name = StoredName.of(object.kind(), object.name(), hash, uid, gid, mode);
      Path kept = layout.files(project).resolve(name);
      if (claims && !Files.exists(kept, LinkOption.NOFOLLOW_LINKS)) {
        write(kept, content, uid, gid, mode);
      }
      inputs.text(layout.salt().toString(), SmallFile.bytes(layout.salt()));
      inputs.text(kept.toString(), content);
      inputs.note(Inputs.Kind.THERE, kept.toString(), kept.toFile().exists()); // empty or not
      return kept;
    } catch (IOException e) {
      throw DiagnosticException.operation(
          "state-directory",
          "cannot write below " + layout.files(project) + ": " + e.getMessage(),
          "check the free space and the owner of that directory");
    }
  }

  private static long outside(Mount.File file, long id, @Nullable IdMap ids) {
    long outside = ids == null ? id : IdMap.outside(ids.uids(), id);
    if (outside < 0) {
      throw new DiagnosticException(
          Failure.OPERATION,
          Diagnostic.error(
              file.origin(), "id", id + " is no id of the container's user namespace"));
    }
    return outside;
  }

  private byte[] content(FileObject object) {
    FileObject.Source source = object.source();
    if (source instanceof FileObject.Source.Inline inline) {
      return inline.text().getBytes(StandardCharsets.UTF_8);
    }
    if (source instanceof FileObject.Source.OfVariable variable) {
      return variable.value().text().getBytes(StandardCharsets.UTF_8);
    }
    Path path = ((FileObject.Source.OfFile) source).real().toPath();
    try (JudgedFile file = JudgedFile.open(path);
        InputStream in = file.stream()) {
      byte[] bytes = in.readNBytes(LARGEST + 1);
      if (bytes.length > LARGEST) {
        throw refused(object.origin(), path + " is larger than 1 MiB");
      }
      inputs.text(path.toString(), bytes);
      return bytes;
    } catch (AccessDeniedException e) {
      if (claims) {
        throw refused(object.origin(), path + ": permission denied");
      }
      return new byte[0]; // Who may not read it may not see what runs either.
    } catch (NoSuchFileException e) {
      throw refused(object.origin(), "there is no " + path);
    } catch (FileSystemException e) {
      String why = e.getReason();
      throw refused(object.origin(), path + (why == null ? " cannot be read" : ": " + why));
    } catch (IOException e) {
      throw refused(object.origin(), path + " cannot be read");
    }
  }

  private static DiagnosticException refused(Origin origin, String message) {
    return new DiagnosticException(
        Failure.OPERATION, Diagnostic.error(origin, "unreadable", message));
  }

  private static void write(Path kept, byte[] content, long uid, long gid, int mode)
      throws IOException {
    Path directory = PrivateDirectory.make(java.util.Objects.requireNonNull(kept.getParent()));
    Path fresh = directory.resolve("." + kept.getFileName());
    AtomicFile.write(fresh, content);
    Files.setAttribute(fresh, "unix:uid", (int) uid);
    Files.setAttribute(fresh, "unix:gid", (int) gid);
    Files.setPosixFilePermissions(fresh, permissions(mode));
    Files.move(fresh, kept, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
  }

  private static Set<PosixFilePermission> permissions(int mode) {
    StringBuilder text = new StringBuilder();
    for (int bit = 8; bit >= 0; bit--) {
      text.append((mode >> bit & 1) == 1 ? "xwr".charAt(bit % 3) : '-');
    }
    return PosixFilePermissions.fromString(text.toString());
  }

  private String hash(FileObject object, byte[] content) throws IOException {
    Mac mac = mac(layout, claims);
    String head = object.kind().word() + "\0" + object.name() + "\0";
    mac.update(head.getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(mac.doFinal(content), 0, 16);
  }

  /**
   * What makes hashes that tell nobody anything who does not know this boot's salt.
   *
   * @param claims whether the salt is made when there is none
   */
  static Mac mac(StateLayout layout, boolean claims) throws IOException {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(salt(layout, claims), "HmacSHA256"));
      return mac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has HmacSHA256", e);
    }
  }

  /** Gone with a reboot, as everything that was hashed with it. */
  private static byte[] salt(StateLayout layout, boolean claims) throws IOException {
    Path file = layout.salt();
    byte[] salt = new byte[SALT];
    try {
      byte[] known = Files.readAllBytes(file);
      if (known.length > 0) {
        return known;
      }
    } catch (NoSuchFileException | AccessDeniedException e) {
      if (!claims) {
        return salt;
      }
    }
    new SecureRandom().nextBytes(salt);
    PrivateDirectory.make(layout.run());
    // Two projects at once agree on the one that was there first.
    Path fresh = file.resolveSibling(".salt." + OwnProcess.pid());
    AtomicFile.write(fresh, salt);
    try {
      Files.createLink(file, fresh);
    } catch (java.nio.file.FileAlreadyExistsException e) {
      return Files.readAllBytes(file);
    } finally {
      Files.deleteIfExists(fresh);
    }
    return salt;
  }

  /**
   * Takes away what no container of a project has any more.
   *
   * @param replaced what containers had until now: of that nobody waits for his container yet
   * @return whether nothing of the kind is left
   */
  public static boolean sweep(
      StateLayout layout, String project, Iterable<Program> programs, Iterable<Program> replaced) {
    Path directory = layout.files(project);
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      return true;
    }
    Set<String> used = names(programs);
    Set<String> known = names(replaced);
    boolean swept = true;
    try (var entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        String name = String.valueOf(entry.getFileName());
        if (used.contains(name)) {
          continue;
        }
        if (known.contains(name) || isOld(entry)) {
          CrashPoint.at("remove a stored file");
          Files.deleteIfExists(entry);
        } else {
          swept = false;
        }
      }
    } catch (IOException e) {
      return false; // the next up sweeps again
    }
    return swept;
  }

  private static Set<String> names(Iterable<Program> programs) {
    Set<String> names = new HashSet<>();
    for (Program program : programs) {
      program.all(HostInstruction.ReadFile.class).forEach(read -> names.add(name(read.file())));
      program.all(MountInstruction.OpenTree.class).forEach(tree -> names.add(name(tree.source())));
    }
    return names;
  }

  /** A run that has no container yet may have just written it. */
  private static boolean isOld(Path entry) throws IOException {
    long age = System.currentTimeMillis() - Files.getLastModifiedTime(entry).toMillis();
    return age > 60_000;
  }

  private static String name(HostPath path) {
    return path.value().substring(path.value().lastIndexOf('/') + 1);
  }
}
