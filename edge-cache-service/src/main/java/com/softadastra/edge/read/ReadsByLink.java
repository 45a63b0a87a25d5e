package com.softadastra.edge.read;

import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.http.StatusProblem;
import com.softadastra.contracts.web.ResponsePart;
import com.softadastra.contracts.web.WebReads;
import com.softadastra.contracts.web.WebRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;

/**
 * Answers what is read over the link. Each read has a thread of its own, which waits where the
 * other end asks for no more, as it would at a client's socket.
 */
public final class ReadsByLink implements WebReads {
  /** The link has some dozens of pieces on their way. */
  private static final int PIECE_BYTES = 8 << 10;

  private static final Logger LOG = LoggerFactory.getLogger(ReadsByLink.class);
  private static final Set<String> METHODS = Set.of("GET", "HEAD");
  private static final byte[] NOTHING = {};

  private final List<Resources> resources;

  public ReadsByLink(List<Resources> resources) {
    this.resources = List.copyOf(resources);
  }

  @Override
  public Flux<ResponsePart> read(WebRequest request) {
    return Flux.create(
        sink -> {
          var reading =
              Thread.ofVirtual().name("read-by-link").unstarted(() -> answer(request, sink));
          sink.onRequest(_ -> LockSupport.unpark(reading));
          sink.onDispose(() -> LockSupport.unpark(reading));
          reading.start();
        },
        FluxSink.OverflowStrategy.ERROR);
  }

  private void answer(WebRequest request, FluxSink<ResponsePart> sink) {
    try {
      named(request).answer(request, new Parts(sink, request.method().equals("HEAD")));
      sink.complete();
    } catch (Refused | LayerUnreachable refusal) {
      sink.error(refusal);
    } catch (Throwable failure) {
      if (!sink.isCancelled()) {
        // as it is told at the edge's own port
        sink.error(new Refused(StatusProblem.mistake(LOG, request.method(), failure)));
      }
    }
  }

  private Resources named(WebRequest request) {
    if (!METHODS.contains(request.method())) {
      throw new Refused(ProblemCode.METHOD_NOT_ALLOWED, "only GET and HEAD come over the link");
    }
    return resources.stream()
        .filter(it -> request.path().startsWith(it.path()))
        .findFirst()
        .orElseThrow(
            () -> new Refused(ProblemCode.NOT_FOUND, "nothing is read over the link at this path"));
  }

  /** Of the thread that reads. */
  private static final class Parts extends OutputStream implements Recipient {
    private final FluxSink<ResponsePart> sink;
    private final boolean isHead;

    Parts(FluxSink<ResponsePart> sink, boolean isHead) {
      this.sink = sink;
      this.isHead = isHead;
    }

    @Override
    public OutputStream begin(ResponsePart.Head head) throws IOException {
      give(ResponsePart.of(head));
      return isHead ? nullOutputStream() : this;
    }

    @Override
    public void write(int b) throws IOException {
      give(ResponsePart.of(new byte[] {(byte) b}));
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      int end = from + length;
      for (int at = from; at < end; at += PIECE_BYTES) {
        give(ResponsePart.of(Arrays.copyOfRange(bytes, at, Math.min(end, at + PIECE_BYTES))));
      }
    }

    @Override
    public void flush() throws IOException {
      give(ResponsePart.of(NOTHING));
    }

    private void give(ResponsePart part) throws IOException {
      while (sink.requestedFromDownstream() == 0 && !sink.isCancelled()) {
        LockSupport.park(this);
      }
      if (sink.isCancelled()) {
        throw new IOException("nobody takes the answer any more");
      }
      sink.next(part);
    }
  }
}
