import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.commons.JSRInlinerAdapter;

/**
 * Raises the class files of a jar to version 52, with stack maps: class-data archives leave out
 * files older than version 50, and each of those costs its parsing and verification at every start.
 *
 * <p>Run at build time: {@code java -cp asm.jar RaiseClassFiles.java IN.jar OUT.jar}.
 */
public final class RaiseClassFiles {
  private static final int OLDEST = Opcodes.V1_8;

  private RaiseClassFiles() {}

  public static void main(String[] args) throws IOException {
    int raised = 0;
    try (JarFile in = new JarFile(args[0]);
        JarOutputStream out = new JarOutputStream(Files.newOutputStream(Path.of(args[1])))) {
      List<JarEntry> entries = new ArrayList<>(in.stream().toList());
      Map<String, ClassReader> classes = new HashMap<>();
      for (JarEntry entry : entries) {
        if (entry.getName().endsWith(".class")) {
          try (InputStream content = in.getInputStream(entry)) {
            ClassReader reader = new ClassReader(content.readAllBytes());
            classes.put(reader.getClassName(), reader);
          }
        }
      }
      for (JarEntry entry : entries) {
        byte[] bytes;
        try (InputStream content = in.getInputStream(entry)) {
          bytes = content.readAllBytes();
        }
        if (entry.getName().endsWith(".class") && version(bytes) < OLDEST) {
          bytes = raise(bytes, classes);
          raised++;
        }
        JarEntry copy = new JarEntry(entry.getName());
        copy.setTime(entry.getTime());
        out.putNextEntry(copy);
        out.write(bytes);
        out.closeEntry();
      }
    }
    System.out.println(raised + " class files raised to version " + OLDEST);
  }

  private static int version(byte[] bytes) {
    return (bytes[6] & 0xff) << 8 | (bytes[7] & 0xff);
  }

  private static byte[] raise(byte[] bytes, Map<String, ClassReader> classes) {
    ClassReader reader = new ClassReader(bytes);
    ClassWriter writer = new Writer(classes);
    reader.accept(new Inliner(writer), ClassReader.SKIP_FRAMES);
    return writer.toByteArray();
  }

  /** Subroutines (jsr) have no place in files of version 51 and later. */
  private static final class Inliner extends ClassVisitor {
    Inliner(ClassVisitor next) {
      super(Opcodes.ASM9, next);
    }

    @Override
    public void visit(
        int version, int access, String name, String signature, String parent, String[] interfaces) {
      super.visit(OLDEST, access, name, signature, parent, interfaces);
    }

    @Override
    public MethodVisitor visitMethod(
        int access, String name, String descriptor, String signature, String[] exceptions) {
      MethodVisitor next = super.visitMethod(access, name, descriptor, signature, exceptions);
      return new JSRInlinerAdapter(next, access, name, descriptor, signature, exceptions);
    }
  }

  /** Merges types by what the jar says of its classes; only those of the JDK are loaded. */
  private static final class Writer extends ClassWriter {
    private final Map<String, ClassReader> classes;

    Writer(Map<String, ClassReader> classes) {
      super(COMPUTE_FRAMES);
      this.classes = classes;
    }

    @Override
    protected String getCommonSuperClass(String a, String b) {
      List<String> parents = new ArrayList<>(lineage(a));
      parents.retainAll(lineage(b));
      return parents.isEmpty() ? "java/lang/Object" : parents.get(0);
    }

    /** The class and its parents, nearest first; an interface has only Object. */
    private List<String> lineage(String name) {
      List<String> lineage = new ArrayList<>();
      for (String at = name; at != null; at = parent(at)) {
        lineage.add(at);
      }
      return lineage;
    }

    private String parent(String name) {
      ClassReader own = classes.get(name);
      if (own != null) {
        boolean isInterface = (own.getAccess() & Opcodes.ACC_INTERFACE) != 0;
        return isInterface ? "java/lang/Object" : own.getSuperName();
      }
      try {
        ClassLoader system = ClassLoader.getSystemClassLoader();
        Class<?> loaded = Class.forName(name.replace('/', '.'), false, system);
        Class<?> parent = loaded.isInterface() ? Object.class : loaded.getSuperclass();
        return parent == null ? null : parent.getName().replace('.', '/');
      } catch (ClassNotFoundException | LinkageError e) {
        return name.equals("java/lang/Object") ? null : "java/lang/Object";
      }
    }
  }
}
