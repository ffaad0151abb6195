package jstack.rootfs;

import java.util.List;

/**
 * What came out of an archive.
 *
 * @param bytes of file content, holes left out
 * @param devicesSkipped device nodes, which are never made
 */
public record UnpackReport(long entries, long bytes, long devicesSkipped, List<String> warnings) {
  public UnpackReport {
    warnings = List.copyOf(warnings);
  }
}
