package jstack.rootfs;

import java.util.List;

/**
 * One archive, written byte by byte, and what has to come of it.
 *
 * @param id of the threat, so that a table elsewhere can name it
 * @param refusal what the message has to match; empty when it is unpacked
 * @param place where in the archive, as the message says it; empty when there is none
 * @param tree what lies in the root afterwards, in the words of {@link ArchiveSuite#listing}
 * @param warning what has to be warned of; empty for nothing at all
 */
record Archive(
    String id,
    String what,
    byte[] bytes,
    UnpackPolicy policy,
    String refusal,
    String place,
    List<String> tree,
    String warning) {

  static Archive refused(String id, String what, byte[] bytes, String refusal, String place) {
    return new Archive(id, what, bytes, UnpackPolicy.DEFAULT, refusal, place, List.of(), "");
  }

  static Archive accepted(String id, String what, byte[] bytes, String... tree) {
    return new Archive(id, what, bytes, UnpackPolicy.DEFAULT, "", "", List.of(tree), "");
  }

  Archive warned(String of) {
    return new Archive(id, what, bytes, policy, refusal, place, tree, of);
  }

  Archive under(UnpackPolicy other) {
    return new Archive(id, what, bytes, other, refusal, place, tree, warning);
  }

  @Override
  public String toString() {
    return id + " " + what;
  }
}
