package jstack.manifest;

/** A cgroup below the root of each hierarchy, as in {@code machine.slice/build}. */
public record CgroupPath(String value) {
  private static final int LONGEST_NAME = 255;

  public CgroupPath {
    if (value.isEmpty()) {
      throw new IllegalArgumentException("is no name of a cgroup");
    }
    for (String part : value.split("/", -1)) {
      if (part.isEmpty() || part.equals(".") || part.equals("..")) {
        throw new IllegalArgumentException(
            "must be a path below the root of the cgroups, without . and ..");
      }
      if (part.length() > LONGEST_NAME) {
        throw new IllegalArgumentException("has a name longer than " + LONGEST_NAME);
      }
      for (int i = 0; i < part.length(); i++) {
        if (part.charAt(i) <= ' ' || part.charAt(i) == 127) {
          throw new IllegalArgumentException("has a blank or a control character");
        }
      }
    }
  }

  /** With or without a slash before and after it. Throws IllegalArgumentException for the user. */
  public static CgroupPath parse(String text) {
    int start = text.startsWith("/") ? 1 : 0;
    int end = text.length() > start + 1 && text.endsWith("/") ? text.length() - 1 : text.length();
    return new CgroupPath(text.substring(start, end));
  }

  @Override
  public String toString() {
    return value;
  }
}
