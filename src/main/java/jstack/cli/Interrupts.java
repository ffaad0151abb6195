package jstack.cli;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/**
 * What happens on Ctrl-C and its like; see signal(7). The JVM's own answer is to exit at once,
 * which is wrong for a verb that has to stop a stack first, or whose child has the terminal.
 *
 * <p>sun.misc.Signal is the only door that the JDK has for it; by reflection, because the compiler
 * has no way to be told that this is meant.
 */
final class Interrupts {
  private Interrupts() {}

  /**
   * Calls back on a signal instead of ending the JVM.
   *
   * @param name without SIG
   */
  static void handle(String name, Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object callback =
          Proxy.newProxyInstance(
              handler.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, arguments) -> {
                if (method.getName().equals("handle")) {
                  action.run();
                }
                return null;
              });
      Method register = signal.getMethod("handle", signal, handler);
      register.invoke(null, signal.getConstructor(String.class).newInstance(name), callback);
    } catch (InvocationTargetException e) {
      // The signal is ignored for this process (nohup), and stays so.
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this Java has no sun.misc.Signal", e);
    }
  }

  /**
   * Interrupts this thread when the process is asked to end.
   *
   * @param typed also on Ctrl-C; not where a child has the terminal and hears of it by itself
   */
  static void interruptThisThread(boolean typed) {
    Thread main = Thread.currentThread();
    handle("TERM", main::interrupt);
    handle("HUP", main::interrupt);
    if (typed) {
      handle("INT", main::interrupt);
    }
  }

  /** Leaves Ctrl-C and its like to the child that has the terminal. */
  static void leaveToChild() {
    handle("INT", () -> {});
    handle("QUIT", () -> {});
  }
}
