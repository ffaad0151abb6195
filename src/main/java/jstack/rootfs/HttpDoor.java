package jstack.rootfs;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One GET over http or https, with our own rules for redirects, silence and proxies. */
final class HttpDoor {
  private static final Pattern RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18})");

  private final DownloadPolicy policy;
  private final Map<String, String> environment;
  private final ScheduledExecutorService watchdog =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "stall-watchdog");
            thread.setDaemon(true);
            return thread;
          });

  /** An answer that no retry, or a later one, may change. */
  static final class Refused extends IOException {
    private static final long serialVersionUID = 1L;

    private final boolean passing;
    private final String hint;
    private final transient Duration retryAfter;

    Refused(String message, boolean passing, String hint) {
      this(message, passing, hint, Duration.ZERO);
    }

    Refused(String message, boolean passing, String hint, Duration retryAfter) {
      super(message);
      this.passing = passing;
      this.hint = hint;
      this.retryAfter = retryAfter;
    }

    /** Whether the next attempt may fare better. */
    boolean mayPass() {
      return passing;
    }

    String hint() {
      return hint;
    }

    Duration retryAfter() {
      return retryAfter;
    }
  }

  /** An answer with a body that ends in an error when the server falls silent. */
  record Response(int status, HttpHeaders headers, InputStream body) implements AutoCloseable {
    long length() {
      return headers.firstValueAsLong("content-length").orElse(-1);
    }

    String etag() {
      return headers.firstValue("etag").orElse("");
    }

    String lastModified() {
      return headers.firstValue("last-modified").orElse("");
    }

    /**
     * How long the whole is of which this answer is the rest from a byte on; -1 when it is not, or
     * does not say so in all its words. See RFC 9110, section 14.4.
     */
    long wholeOfRestFrom(long start) {
      Matcher range = RANGE.matcher(headers.firstValue("content-range").orElse(""));
      if (!range.matches()) {
        return -1;
      }
      long total = Long.parseLong(range.group(3));
      boolean rest =
          Long.parseLong(range.group(1)) == start && Long.parseLong(range.group(2)) == total - 1;
      boolean longEnough = length() < 0 || length() == total - start;
      return rest && longEnough ? total : -1;
    }

    @Override
    public void close() throws IOException {
      body.close();
    }
  }

  HttpDoor(Map<String, String> environment, DownloadPolicy policy) {
    this.environment = environment;
    this.policy = policy;
  }

  /**
   * @param mayFollow is asked before each redirect, and throws when it is not to be followed
   * @param from the first byte that is wanted
   * @param ifRange a validator: with another version the whole is wanted
   * @param unlessMatches a validator of what is here already
   */
  Response get(URI url, Consumer<URI> mayFollow, long from, String ifRange, String unlessMatches)
      throws IOException {
    URI at = url;
    boolean sameHost = true;
    for (int hop = 0; hop <= policy.redirects(); hop++) {
      Response response = once(at, from, ifRange, unlessMatches, sameHost ? url : at);
      int status = response.status();
      boolean redirect = status >= 301 && status <= 308 && status != 304 && status != 306;
      if (!redirect) {
        return accept(response);
      }
      String location = response.headers().firstValue("location").orElse("");
      response.close();
      URI next = resolve(at, location);
      mayFollow.accept(next);
      sameHost &= String.valueOf(next.getAuthority()).equals(String.valueOf(at.getAuthority()));
      at = next;
    }
    throw new Refused(
        "more than " + policy.redirects() + " redirects", false, "use the url they lead to");
  }

  /** Where a redirect leads, if one may follow it. */
  static URI resolve(URI at, String location) throws Refused {
    if (location.isEmpty()) {
      throw new Refused("a redirect to nowhere", false, "");
    }
    URI next;
    try {
      next = at.resolve(new URI(location));
    } catch (URISyntaxException | IllegalArgumentException e) {
      throw new Refused("a redirect to a malformed url", false, "");
    }
    String scheme = String.valueOf(next.getScheme()).toLowerCase(Locale.ROOT);
    if (!scheme.equals("http") && !scheme.equals("https")) {
      throw new Refused("a redirect to " + scheme + ":, which is not followed", false, "");
    }
    if (scheme.equals("http") && "https".equalsIgnoreCase(at.getScheme())) {
      throw new Refused("a redirect from https to plain http, which is not followed", false, "");
    }
    return next;
  }

  private Response accept(Response response) throws IOException {
    int status = response.status();
    if (status == 200 || status == 206 || status == 304 || status == 416) {
      String encoding = response.headers().firstValue("content-encoding").orElse("identity");
      if (!encoding.equals("identity") && status != 304) {
        response.close();
        throw new Refused(
            "the server wraps it in content-encoding " + encoding, false, "an archive is bytes");
      }
      return response;
    }
    Duration after =
        response.headers().firstValue("retry-after").map(Downloader::seconds).orElse(Duration.ZERO);
    response.close();
    boolean passing = status >= 500 || status == 429 || status == 408;
    throw new Refused(
        "the server answered " + status, passing, status == 404 ? "correct the url" : "", after);
  }

  private Response once(URI at, long from, String ifRange, String unlessMatches, URI credentials)
      throws IOException {
    HttpRequest.Builder request;
    try {
      request = HttpRequest.newBuilder(withoutUser(at)).timeout(policy.stall());
    } catch (IllegalArgumentException e) {
      throw new Refused("not a url that can be fetched: " + e.getMessage(), false, "");
    }
    request.setHeader("User-Agent", "jstack");
    if (from > 0 && !ifRange.isEmpty()) {
      request.setHeader("Range", "bytes=" + from + "-").setHeader("If-Range", ifRange);
    }
    if (!unlessMatches.isEmpty()) {
      boolean tag = unlessMatches.startsWith("\"");
      request.setHeader(tag ? "If-None-Match" : "If-Modified-Since", unlessMatches);
    }
    String user = credentials.getUserInfo();
    if (user != null) {
      byte[] bytes = user.getBytes(java.nio.charset.StandardCharsets.UTF_8);
      request.setHeader(
          "Authorization", "Basic " + java.util.Base64.getEncoder().encodeToString(bytes));
    }
    try {
      HttpResponse<InputStream> response =
          client(at).send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      return new Response(response.statusCode(), response.headers(), new Watched(response.body()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private static URI withoutUser(URI url) throws Refused {
    String user = url.getRawUserInfo();
    if (user == null && url.getRawFragment() == null) {
      return url;
    }
    // Never by its decoded parts: a %2F would become a slash, a %25 the beginning of something.
    String authority = url.getRawAuthority();
    String query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
    String host = authority.substring(user == null ? 0 : user.length() + 1);
    try {
      return new URI(url.getScheme() + "://" + host + url.getRawPath() + query);
    } catch (URISyntaxException e) {
      throw new Refused("a malformed url", false, "");
    }
  }

  private HttpClient client(URI at) {
    HttpClient.Builder builder =
        HttpClient.newBuilder()
            .connectTimeout(policy.connect())
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER);
    InetSocketAddress proxy = Proxies.of(environment, at);
    if (proxy != null) {
      builder.proxy(ProxySelector.of(proxy));
    } else {
      builder.proxy(HttpClient.Builder.NO_PROXY);
    }
    return builder.build();
  }

  /** A cause in plain words. */
  static String cause(IOException e) {
    for (Throwable at = e; at != null; at = at.getCause()) {
      if (at instanceof UnresolvedAddressException) {
        return "the name of the server is not known";
      }
    }
    if (e instanceof HttpTimeoutException) {
      return "the server did not answer in time";
    }
    if (e instanceof ConnectException) {
      return "the connection was refused";
    }
    String message = e.getMessage();
    return message == null || message.isEmpty() ? e.getClass().getSimpleName() : message;
  }

  /** Closes the body when nothing has come for too long: a read of it then fails. */
  private final class Watched extends FilterInputStream {
    private @Nullable ScheduledFuture<?> alarm;
    private volatile boolean stalled;

    Watched(InputStream in) {
      super(in);
    }

    @Override
    public int read(byte[] bytes, int from, int length) throws IOException {
      arm();
      try {
        return in.read(bytes, from, length);
      } catch (IOException e) {
        throw stalled
            ? new IOException("the server was silent for " + policy.stall().toMillis() + " ms", e)
            : new IOException("the connection broke: " + e.getMessage(), e);
      } finally {
        disarm();
      }
    }

    private void arm() {
      alarm =
          watchdog.schedule(
              () -> {
                stalled = true;
                try {
                  in.close();
                } catch (IOException e) {
                  stalled = true; // The read that waits learns of it all the same.
                }
              },
              policy.stall().toMillis(),
              TimeUnit.MILLISECONDS);
    }

    private void disarm() {
      ScheduledFuture<?> armed = alarm;
      if (armed != null) {
        armed.cancel(false);
      }
    }
  }
}
