import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.zip.Deflater;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Handle;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.commons.GeneratorAdapter;
import org.objectweb.asm.commons.Method;

/**
 * Makes plain classes of the lambdas and method references of a jar. A JVM links each of them when
 * it first comes by, in Java code that it has to interpret and compile: a fifth of the time of a
 * short command. A class comes out of the class-data archive instead.
 *
 * <p>What {@code java.lang.invoke.LambdaMetafactory} says of types holds here, too; whatever is not
 * one of its simple cases is left as it was.
 *
 * <p>Run at build time: {@code java -cp asm.jar:asm-commons.jar PlainLambdas.java PACKAGE IN.jar
 * OUT.jar}, where the names of the classes to look at begin with PACKAGE.
 */
public final class PlainLambdas {
  private static final String FACTORY = "java/lang/invoke/LambdaMetafactory";

  /** The first version in which classes of a nest may use each other's private members. */
  private static final int NESTS = Opcodes.V11;

  /** By name, in the order in which they are met. */
  private final Map<String, byte[]> made = new LinkedHashMap<>();

  /** What was made, by the host of its nest. */
  private final Map<String, List<String>> members = new LinkedHashMap<>();

  private PlainLambdas() {}

  public static void main(String[] args) throws IOException {
    String prefix = args[0];
    PlainLambdas lambdas = new PlainLambdas();
    Map<String, byte[]> entries = new LinkedHashMap<>();
    try (JarFile in = new JarFile(args[1])) {
      for (JarEntry entry : in.stream().toList()) {
        try (InputStream content = in.getInputStream(entry)) {
          entries.put(entry.getName(), content.readAllBytes());
        }
      }
    }
    entries.replaceAll(
        (name, bytes) -> isOurs(name, prefix) ? lambdas.withoutLambdas(bytes) : bytes);
    lambdas.members.forEach(
        (host, more) -> entries.computeIfPresent(host + ".class", (n, old) -> nest(old, more)));
    lambdas.made.forEach((name, bytes) -> entries.put(name + ".class", bytes));
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(Path.of(args[2])))) {
      out.setLevel(Deflater.NO_COMPRESSION); // whoever comes next packs it
      for (Map.Entry<String, byte[]> entry : entries.entrySet()) {
        JarEntry copy = new JarEntry(entry.getKey());
        copy.setTime(0); // equal sources make equal jars
        out.putNextEntry(copy);
        out.write(entry.getValue());
        out.closeEntry();
      }
    }
    System.out.println(lambdas.made.size() + " lambdas made classes");
  }

  private static boolean isOurs(String name, String prefix) {
    return name.startsWith(prefix) && name.endsWith(".class");
  }

  private byte[] withoutLambdas(byte[] bytes) {
    ClassReader reader = new ClassReader(bytes);
    ClassWriter writer = new ClassWriter(reader, 0); // the stack is as it was: so are its maps
    reader.accept(new Lambdas(writer), 0);
    return writer.toByteArray();
  }

  private static byte[] nest(byte[] bytes, List<String> more) {
    ClassReader reader = new ClassReader(bytes);
    ClassWriter writer = new ClassWriter(reader, 0);
    reader.accept(
        new ClassVisitor(Opcodes.ASM9, writer) {
          @Override
          public void visitEnd() {
            more.forEach(this::visitNestMember);
            super.visitEnd();
          }
        },
        0);
    return writer.toByteArray();
  }

  /** Looks for lambdas in one class. */
  private final class Lambdas extends ClassVisitor {
    private String name = "";
    private String host = "";
    private boolean nests;
    private int count;

    Lambdas(ClassVisitor next) {
      super(Opcodes.ASM9, next);
    }

    @Override
    public void visit(
        int version, int access, String name, String signature, String parent, String[] faces) {
      this.name = name;
      this.host = name;
      this.nests = (version & 0xffff) >= NESTS;
      super.visit(version, access, name, signature, parent, faces);
    }

    @Override
    public void visitNestHost(String host) {
      this.host = host;
      super.visitNestHost(host);
    }

    @Override
    public MethodVisitor visitMethod(
        int access, String method, String descriptor, String signature, String[] exceptions) {
      MethodVisitor next = super.visitMethod(access, method, descriptor, signature, exceptions);
      return new MethodVisitor(Opcodes.ASM9, next) {
        @Override
        public void visitInvokeDynamicInsn(
            String called, String descriptor, Handle factory, Object... about) {
          if (!nests || !factory.getOwner().equals(FACTORY) || !isSimple(factory, about)) {
            super.visitInvokeDynamicInsn(called, descriptor, factory, about);
            return;
          }
          String lambda = name + "$" + ++count + "L";
          Shape shape = new Shape(called, descriptor, about);
          made.put(lambda, shape.toClass(lambda, host));
          members.computeIfAbsent(host, each -> new ArrayList<>()).add(lambda);
          super.visitMethodInsn(Opcodes.INVOKESTATIC, lambda, "of", descriptor, false);
        }
      };
    }

    private boolean isSimple(Handle factory, Object... about) {
      return factory.getName().equals("metafactory") && about.length == 3;
    }
  }

  /**
   * What a lambda is made of, in the words of LambdaMetafactory.
   *
   * @param method the one method of the interface
   * @param site what is captured, and the interface that comes of it
   * @param erased the types of the interface's method
   * @param code what is run
   * @param exact the types of the interface's method where it is used
   */
  private record Shape(String method, Type site, Type erased, Handle code, Type exact) {
    Shape(String method, String site, Object... about) {
      this(
          method, Type.getMethodType(site), (Type) about[0], (Handle) about[1], (Type) about[2]);
    }

    byte[] toClass(String name, String host) {
      ClassWriter out = new ClassWriter(ClassWriter.COMPUTE_MAXS);
      int access = Opcodes.ACC_FINAL | Opcodes.ACC_SUPER | Opcodes.ACC_SYNTHETIC;
      String face = site.getReturnType().getInternalName();
      out.visit(NESTS, access, name, null, "java/lang/Object", new String[] {face});
      out.visitNestHost(host);
      Type self = Type.getObjectType(name);
      Type[] captured = site.getArgumentTypes();
      for (int i = 0; i < captured.length; i++) {
        int hidden = Opcodes.ACC_PRIVATE | Opcodes.ACC_FINAL;
        out.visitField(hidden, "c" + i, captured[i].getDescriptor(), null, null).visitEnd();
      }
      constructor(out, self, captured);
      factory(out, self, captured);
      call(out, self, captured);
      out.visitEnd();
      return out.toByteArray();
    }

    private static GeneratorAdapter method(ClassWriter out, int access, Method method) {
      GeneratorAdapter code = new GeneratorAdapter(access, method, null, null, out);
      code.visitCode();
      return code;
    }

    private static Method constructorOf(Type... captured) {
      return new Method("<init>", Type.VOID_TYPE, captured);
    }

    private static void constructor(ClassWriter out, Type self, Type... captured) {
      GeneratorAdapter code = method(out, Opcodes.ACC_PRIVATE, constructorOf(captured));
      code.loadThis();
      code.invokeConstructor(Type.getObjectType("java/lang/Object"), constructorOf());
      for (int i = 0; i < captured.length; i++) {
        code.loadThis();
        code.loadArg(i);
        code.putField(self, "c" + i, captured[i]);
      }
      code.returnValue();
      code.endMethod();
    }

    /** The call that stands where the lambda stood; one without captures is there once. */
    private void factory(ClassWriter out, Type self, Type... captured) {
      Method of = new Method("of", site.getDescriptor());
      GeneratorAdapter code = method(out, Opcodes.ACC_STATIC, of);
      if (captured.length == 0) {
        int once = Opcodes.ACC_PRIVATE | Opcodes.ACC_STATIC | Opcodes.ACC_FINAL;
        out.visitField(once, "ONE", self.getDescriptor(), null, null).visitEnd();
        Method initializer = new Method("<clinit>", "()V");
        GeneratorAdapter first = method(out, Opcodes.ACC_STATIC, initializer);
        first.newInstance(self);
        first.dup();
        first.invokeConstructor(self, constructorOf());
        first.putStatic(self, "ONE", self);
        first.returnValue();
        first.endMethod();
        code.getStatic(self, "ONE", self);
      } else {
        code.newInstance(self);
        code.dup();
        code.loadArgs();
        code.invokeConstructor(self, constructorOf(captured));
      }
      code.returnValue();
      code.endMethod();
    }

    private void call(ClassWriter out, Type self, Type... captured) {
      Method implemented = new Method(method, erased.getDescriptor());
      GeneratorAdapter to = method(out, Opcodes.ACC_PUBLIC, implemented);
      Type owner = Type.getObjectType(code.getOwner());
      boolean makes = code.getTag() == Opcodes.H_NEWINVOKESPECIAL;
      boolean isStatic = code.getTag() == Opcodes.H_INVOKESTATIC;
      List<Type> taken = new ArrayList<>();
      if (!makes && !isStatic) {
        taken.add(owner);
      }
      taken.addAll(List.of(Type.getArgumentTypes(code.getDesc())));
      if (makes) {
        to.newInstance(owner);
        to.dup();
      }
      for (int i = 0; i < captured.length; i++) {
        to.loadThis();
        to.getField(self, "c" + i, captured[i]);
        convert(to, captured[i], captured[i], taken.get(i));
      }
      Type[] given = erased.getArgumentTypes();
      for (int i = 0; i < given.length; i++) {
        to.loadArg(i);
        convert(to, given[i], exact.getArgumentTypes()[i], taken.get(captured.length + i));
      }
      int op =
          makes
              ? Opcodes.INVOKESPECIAL
              : isStatic
                  ? Opcodes.INVOKESTATIC
                  : code.isInterface() ? Opcodes.INVOKEINTERFACE : Opcodes.INVOKEVIRTUAL;
      to.visitMethodInsn(
          op, code.getOwner(), code.getName(), code.getDesc(), code.isInterface());
      Type result = makes ? owner : Type.getReturnType(code.getDesc());
      if (erased.getReturnType().getSort() == Type.VOID) {
        pop(to, result);
      } else {
        convert(to, result, result, erased.getReturnType());
      }
      to.returnValue();
      to.endMethod();
    }

    private static void pop(GeneratorAdapter to, Type result) {
      if (result.getSize() == 2) {
        to.pop2();
      } else if (result.getSize() == 1) {
        to.pop();
      }
    }

    /**
     * The conversions of a call: cast, box, unbox, widen.
     *
     * @param from what is on the stack
     * @param known what it is, as the place of use knows
     */
    private static void convert(GeneratorAdapter to, Type from, Type known, Type wanted) {
      if (isPrimitive(from)) {
        if (isPrimitive(wanted)) {
          to.cast(from, wanted);
        } else {
          to.valueOf(from);
        }
      } else if (!isPrimitive(wanted)) {
        if (!from.equals(wanted)) {
          to.checkCast(wanted); // nothing for Object
        }
      } else {
        Type inside = unboxed(known);
        Type primitive = inside == null ? wanted : inside;
        to.unbox(primitive);
        to.cast(primitive, wanted);
      }
    }

    private static boolean isPrimitive(Type type) {
      return type.getSort() < Type.ARRAY;
    }

    /** The type of what a box holds; null for what is no box. */
    private static Type unboxed(Type box) {
      return switch (box.getClassName()) {
        case "java.lang.Boolean" -> Type.BOOLEAN_TYPE;
        case "java.lang.Character" -> Type.CHAR_TYPE;
        case "java.lang.Byte" -> Type.BYTE_TYPE;
        case "java.lang.Short" -> Type.SHORT_TYPE;
        case "java.lang.Integer" -> Type.INT_TYPE;
        case "java.lang.Long" -> Type.LONG_TYPE;
        case "java.lang.Float" -> Type.FLOAT_TYPE;
        case "java.lang.Double" -> Type.DOUBLE_TYPE;
        default -> null;
      };
    }
  }
}
