package jstack.manifest;

/** The forms of names: each method gives what is wrong with a text, or an empty string. */
public final class Names {
  /** Of a service or a project; they become parts of paths, and a socket's path is short. */
  static final int LONGEST = 63;

  /** HOST_NAME_MAX of Linux. */
  static final int LONGEST_HOSTNAME = 64;

  private static final long LARGEST_ID = 4294967294L;

  private Names() {}

  public static String profileMistake(String name) {
    return serviceMistake(name).replace("a service's name", "a profile's name");
  }

  public static String serviceMistake(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean inner = i > 0 && (c == '_' || c == '.' || c == '-');
      if (!isAlphanumeric(c) && !inner) {
        return "a service's name has letters, digits, _ . and -, and begins with a letter or digit";
      }
    }
    return name.isEmpty()
        ? "an empty name"
        : name.length() > LONGEST ? "a name longer than " + LONGEST + " characters" : "";
  }

  /** Of a volume; it becomes the name of a folder. */
  public static String volumeMistake(String name) {
    return serviceMistake(name).replace("service", "volume");
  }

  public static String projectMistake(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean inner = i > 0 && (c == '_' || c == '-');
      if (!inner && (!isAlphanumeric(c) || isUpper(c))) {
        return "a project's name has lower-case letters, digits, _ and -,"
            + " and begins with a letter or digit";
      }
    }
    return name.isEmpty()
        ? "an empty name"
        : name.length() > LONGEST ? "a name longer than " + LONGEST + " characters" : "";
  }

  /** What Compose makes of a folder's name; empty when nothing is left. */
  public static String projectOf(String folder) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < folder.length() && out.length() < LONGEST; i++) {
      char c = isUpper(folder.charAt(i)) ? (char) (folder.charAt(i) + 32) : folder.charAt(i);
      boolean inner = out.length() > 0 && (c == '_' || c == '-');
      if (isAlphanumeric(c) || inner) {
        out.append(c);
      }
    }
    return out.toString();
  }

  /** RFC 1123: labels of letters, digits and hyphens between dots. */
  public static String hostnameMistake(String name) {
    if (name.isEmpty() || name.length() > LONGEST_HOSTNAME) {
      return "must have 1 to " + LONGEST_HOSTNAME + " characters, not " + name.length();
    }
    int label = 0;
    for (int i = 0; i <= name.length(); i++) {
      boolean end = i == name.length() || name.charAt(i) == '.';
      if (end && (i == label || name.charAt(i - 1) == '-' || i - label > 63)) {
        return hostnameForm(name);
      }
      if (!end && !isAlphanumeric(name.charAt(i)) && (name.charAt(i) != '-' || i == label)) {
        return hostnameForm(name);
      }
      label = end ? i + 1 : label;
    }
    return "";
  }

  /** A name for /etc/hosts: as a hostname, and with the underscores that Compose's users have. */
  public static String hostMistake(String name) {
    return hostnameMistake(name.replace('_', 'a'));
  }

  private static String hostnameForm(String name) {
    return "\""
        + name
        + "\" is not a hostname: letters, digits and - between dots, no label longer than 63 or"
        + " beginning or ending in -";
  }

  /** {@code uid[:gid]} or {@code name[:group]}. */
  public static String userMistake(String user) {
    int colon = user.indexOf(':');
    String first = colon < 0 ? user : user.substring(0, colon);
    String second = colon < 0 ? "0" : user.substring(colon + 1);
    boolean ok = accountMistake(first).isEmpty() && accountMistake(second).isEmpty();
    return ok ? "" : "\"" + user + "\" is not uid[:gid] or name[:group]";
  }

  /** A number of a user or group that the kernel takes, or a name of /etc/passwd or /etc/group. */
  public static String accountMistake(String name) {
    boolean digits = !name.isEmpty();
    boolean word = !name.isEmpty() && name.length() <= 32;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean digit = c >= '0' && c <= '9';
      digits &= digit;
      word &=
          (isAlphanumeric(c) && !(digit && i == 0))
              || c == '_'
              || (i > 0 && (c == '-' || c == '.'));
    }
    boolean number =
        digits
            && name.length() <= 10
            && (name.length() == 1 || name.charAt(0) != '0')
            && Long.parseLong(name) <= LARGEST_ID;
    return number || word ? "" : "\"" + name + "\" is neither a number up to 4294967294 nor a name";
  }

  private static boolean isUpper(char c) {
    return c >= 'A' && c <= 'Z';
  }

  private static boolean isAlphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || isUpper(c) || (c >= '0' && c <= '9');
  }
}
