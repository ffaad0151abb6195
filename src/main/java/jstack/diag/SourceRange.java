package jstack.diag;

/** A line of a file and what of it to underline; columns count code points from 1. */
public record SourceRange(int line, int column, int length) {
  public static SourceRange of(Origin origin) {
    return new SourceRange(origin.line(), origin.column(), Math.max(1, origin.length()));
  }
}
