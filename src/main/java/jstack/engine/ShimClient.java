package jstack.engine;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** A request to the supervisor of one container, over its control socket: a line each way. */
public final class ShimClient implements AutoCloseable {
  private static final int LONGEST_LINE = 256;

  /** A supervisor that works has heard them all by then. */
  private static final Duration ROOM = Duration.ofSeconds(5);

  private static final long PAUSE_NANOS = 10_000_000L;

  private final SocketChannel channel;

  private ShimClient(SocketChannel channel) {
    this.channel = channel;
  }

  /**
   * Sends a request; {@link #await} brings the answer.
   *
   * @throws IOException also when so many have asked before that there is no room for one more
   */
  public static ShimClient send(Path socket, String request) throws IOException {
    SocketChannel channel = connect(socket);
    try {
      ByteBuffer line = ByteBuffer.wrap((request + "\n").getBytes(StandardCharsets.UTF_8));
      while (line.hasRemaining()) {
        channel.write(line);
      }
      return new ShimClient(channel);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** A connect(2) without a deadline waits for ever where a supervisor stands still. */
  private static SocketChannel connect(Path socket) throws IOException {
    long deadline = System.nanoTime() + ROOM.toNanos();
    while (true) {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      boolean connected = false;
      try {
        channel.configureBlocking(false);
        connected = channel.connect(UnixDomainSocketAddress.of(socket));
        if (connected) {
          channel.configureBlocking(true);
          return channel;
        }
        throw new IOException("no room for one more who asks");
      } catch (IOException e) {
        // EAGAIN has no type of its own; nobody there has, and then there is no hope.
        boolean hope = !(e instanceof ConnectException) && Files.isWritable(socket);
        if (!hope || System.nanoTime() >= deadline) {
          throw e;
        }
      } finally {
        if (!connected) {
          channel.close();
        }
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** What of a supervisor to which nothing can be sent: {@code its supervisor ...}. */
  static String whyUnsent(Path socket) {
    return Files.exists(socket, LinkOption.NOFOLLOW_LINKS)
        ? "has just died, or stands still"
        : "cannot be asked, since its control socket is gone";
  }

  /** For whoever waits for many at once: the selector tells when there is something to read. */
  void register(Selector selector, Object attachment) throws IOException {
    channel.configureBlocking(false);
    channel.register(selector, SelectionKey.OP_READ, attachment);
  }

  /** The answer, or nothing when the time is over; an empty answer when the supervisor is gone. */
  public Optional<String> await(Duration timeout) throws IOException {
    long deadline = System.nanoTime() + timeout.toNanos();
    ByteBuffer answer = ByteBuffer.allocate(LONGEST_LINE);
    try (Selector selector = Selector.open()) {
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ);
      while (true) {
        int count = channel.read(answer);
        String text = new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8);
        if (count < 0 || text.endsWith("\n") || !answer.hasRemaining()) {
          return Optional.of(text.strip());
        }
        long left = (deadline - System.nanoTime()) / 1_000_000;
        if (left <= 0) {
          return Optional.empty();
        }
        selector.select(left);
        selector.selectedKeys().clear();
      }
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing is lost: the answer has been read, or nobody waits for it.
    }
  }
}
