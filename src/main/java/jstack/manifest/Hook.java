package jstack.manifest;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A command at one moment of a container's life, inside, with the walls of the service.
 *
 * <pre>
 * post_start: [{command: [/bin/migrate, up], user: app, environment: {STEP: "1"}}]
 * </pre>
 *
 * @param user null is the service's
 * @param workingDir null is the service's
 * @param environment besides the service's
 * @param key below the service, such as {@code post_start[0]}
 */
public record Hook(
    List<String> command,
    @Nullable String user,
    @Nullable ContainerPath workingDir,
    Map<String, String> environment,
    String key) {
  public Hook {
    command = List.copyOf(command);
    environment = Collections.unmodifiableMap(new LinkedHashMap<>(environment));
  }
}
