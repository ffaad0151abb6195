package jstack.support;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** An HTTP server on loopback that serves one body, and lies about it as told. */
public final class LyingServer implements AutoCloseable {
  private final ServerSocket socket;
  private final Thread thread;
  private volatile byte[] body;
  private volatile String etag = "\"one\"";
  private volatile boolean ranges = true;
  private volatile int status = 200;
  private volatile String location = "";
  private volatile String extra = "";
  private volatile long declared = -1;
  private final Deque<Integer> cuts = new ArrayDeque<>();
  private final Deque<Integer> statuses = new ArrayDeque<>();
  private final Deque<String> partialHeaders = new ArrayDeque<>();
  private final Deque<Integer> stalls = new ArrayDeque<>();
  private final List<Map<String, String>> requests = new CopyOnWriteArrayList<>();

  public LyingServer(byte[] body) throws IOException {
    this.body = body;
    this.socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    this.thread = new Thread(this::serve, "lying-server");
    thread.setDaemon(true);
    thread.start();
  }

  public String url() {
    return "http://127.0.0.1:" + socket.getLocalPort() + "/rootfs.tar.gz";
  }

  /** The headers of the requests so far, names in lower case; the request line is under "". */
  public List<Map<String, String>> requests() {
    return requests;
  }

  public void body(byte[] other, String tag) {
    body = other;
    etag = tag;
  }

  public void answer(int always) {
    status = always;
  }

  /** The next answers have these codes, then the truth. */
  public void answerFirst(Integer... codes) {
    statuses.addAll(List.of(codes));
  }

  /** The next answers break off after so many bytes. */
  public void cutAfter(Integer... bytes) {
    cuts.addAll(List.of(bytes));
  }

  /** The next answers fall silent after so many bytes. */
  public void stallAfter(Integer... bytes) {
    stalls.addAll(List.of(bytes));
  }

  /** The next partial answer has these lines instead of the true Content-Range and ETag. */
  public void sayOfNextPart(String lines) {
    partialHeaders.add(lines);
  }

  public void ignoreRanges() {
    ranges = false;
  }

  public void declareLength(long length) {
    declared = length;
  }

  public void header(String line) {
    extra = line + "\r\n";
  }

  public void redirectForever() {
    status = 302;
    location = "/again";
  }

  public void redirectTo(String url) {
    status = 302;
    location = url;
  }

  private void serve() {
    while (!socket.isClosed()) {
      try {
        Socket client = socket.accept();
        Thread worker = new Thread(() -> handle(client), "lying-answer");
        worker.setDaemon(true);
        worker.start();
      } catch (IOException e) {
        return;
      }
    }
  }

  private void handle(Socket client) {
    try (client) {
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(client.getInputStream(), StandardCharsets.ISO_8859_1));
      Map<String, String> headers = new HashMap<>();
      headers.put("", String.valueOf(in.readLine()));
      for (String line; (line = in.readLine()) != null && !line.isEmpty(); ) {
        int colon = line.indexOf(':');
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
      requests.add(headers);
      answer(client.getOutputStream(), headers);
    } catch (IOException e) {
      return; // The client has gone, which some tests want.
    }
  }

  private void answer(OutputStream out, Map<String, String> headers) throws IOException {
    int code;
    Integer cut;
    Integer stall;
    synchronized (this) {
      code = statuses.isEmpty() ? status : statuses.poll();
      cut = cuts.poll();
      stall = stalls.poll();
    }
    if (code == 302) {
      write(out, "HTTP/1.1 302 Found\r\nLocation: " + location + "\r\n" + end(0));
      return;
    }
    if (code != 200) {
      write(out, "HTTP/1.1 " + code + " No\r\n" + extra + end(0));
      return;
    }
    if (etag.equals(headers.get("if-none-match"))) {
      write(out, "HTTP/1.1 304 Not Modified\r\nETag: " + etag + "\r\n" + end(0));
      return;
    }
    int from = 0;
    String range = headers.getOrDefault("range", "");
    if (ranges && range.startsWith("bytes=") && etag.equals(headers.get("if-range"))) {
      from = Integer.parseInt(range.substring(6, range.length() - 1));
    }
    String line = from > 0 ? "206 Partial Content" : "200 OK";
    String part =
        from > 0
            ? "Content-Range: bytes " + from + "-" + (body.length - 1) + "/" + body.length + "\r\n"
            : "";
    String tag = "ETag: " + etag + "\r\n";
    String lie = from > 0 ? partialHeaders.poll() : null;
    if (lie != null) {
      tag = "";
      part = lie + "\r\n";
    }
    long length = declared >= 0 ? declared : body.length - from;
    write(out, "HTTP/1.1 " + line + "\r\n" + tag + part + extra + end(length));
    int until = body.length;
    if (cut != null) {
      until = Math.min(until, from + cut);
    }
    if (stall != null) {
      out.write(body, from, Math.min(stall, until - from));
      out.flush();
      hold();
      return;
    }
    out.write(body, from, until - from);
    out.flush();
  }

  /** Says nothing more until the server is closed. */
  private void hold() {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String end(long length) {
    return "Content-Length: " + length + "\r\nConnection: close\r\n\r\n";
  }

  private static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
