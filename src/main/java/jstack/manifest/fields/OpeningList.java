package jstack.manifest.fields;

import java.util.ArrayList;
import java.util.List;
import jstack.diag.Suggestion;
import jstack.manifest.Opening;
import jstack.manifest.yaml.Node;

/** Binds a list of names of openings, of a manifest or of a policy. */
public final class OpeningList {
  private OpeningList() {}

  public static List<Opening> bind(Values values, Node node, String path) {
    List<Opening> openings = new ArrayList<>();
    List<Node> items = values.items(node, path);
    for (int i = 0; i < items.size(); i++) {
      String at = path + "[" + i + "]";
      String word = values.string(items.get(i), at);
      Opening opening = word == null ? null : Opening.ofWord(word);
      if (word != null && opening == null) {
        unknown(values, items.get(i), at, word);
      } else if (openings.contains(opening)) {
        values.error(items.get(i), at, "duplicate", "\"" + word + "\" is listed twice", "");
      } else if (opening != null) {
        openings.add(opening);
      }
    }
    return openings;
  }

  private static void unknown(Values values, Node node, String path, String word) {
    List<String> words = Opening.words();
    String ours = Opening.respelt(word);
    if (ours.equals("cap-all")) {
      String hint = "name each wall that is to be open; every error says which it is";
      values.error(node, path, "choice", "no opening is called \"" + word + "\"", hint);
      return;
    }
    String near =
        words.contains(ours) ? ", did you mean \"" + ours + "\"?" : Suggestion.among(ours, words);
    String hint = near.isEmpty() ? "`jstack schema` lists all " + words.size() + " names" : "";
    values.error(node, path, "choice", "no opening is called \"" + word + "\"" + near, hint);
  }
}
