package com.softadastra.sync.envelope;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.peering.Bundles;
import com.softadastra.contracts.peering.EnvelopeTaken;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.envelope.Envelope;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/** Envelopes by file. */
public final class BundleService implements Bundles {
  /** What a layer hands to another at once, in bytes. */
  private static final int PIECE_BYTES = 256 << 10;

  /** Pieces that are asked for ahead. */
  private static final int AHEAD = 4;

  private final Envelopes envelopes;

  public BundleService(Envelopes envelopes) {
    this.envelopes = envelopes;
  }

  @Override
  public Flux<byte[]> export(NodeId to) {
    return Flux.defer(() -> {
      var spaces = envelopes.spacesWith(to);
      if (spaces.isEmpty()) {
        return Flux.error(
            new Refused(ProblemCode.PEER_UNKNOWN, "no space here has " + to + " as a member"));
      }
      return Flux.fromIterable(() -> new Pieces(spaces.iterator(), to));
    });
  }

  /** A file, as it is made. */
  private final class Pieces implements Iterator<byte[]> {
    private final Iterator<SpaceId> spaces;
    private final NodeId to;
    private @Nullable Iterator<Envelope> sealed;
    private byte[] piece = BundleFile.BEGIN;
    private int given;
    private boolean over;

    Pieces(Iterator<SpaceId> spaces, NodeId to) {
      this.spaces = spaces;
      this.to = to;
    }

    @Override
    public boolean hasNext() {
      return given < piece.length || !over;
    }

    @Override
    public byte[] next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      if (given == piece.length) {
        piece = more();
        given = 0;
      }
      int from = given;
      given = Math.min(piece.length, from + PIECE_BYTES);
      return Arrays.copyOfRange(piece, from, given);
    }

    private byte[] more() {
      while (sealed == null || !sealed.hasNext()) {
        if (!spaces.hasNext()) {
          over = true;
          return BundleFile.END;
        }
        sealed = envelopes.seal(spaces.next(), to);
      }
      return BundleFile.framed(sealed.next());
    }
  }

  @Override
  public Flux<EnvelopeTaken> take(Flux<byte[]> bundle) {
    return Flux.fromIterable(() -> new Taking(joined(bundle.toIterable(AHEAD).iterator())));
  }

  /** Takes in a file, an envelope at each step. */
  private final class Taking implements Iterator<EnvelopeTaken> {
    private final InputStream in;
    private BundleFile.@Nullable Reader file;
    private @Nullable Envelope envelope;

    Taking(InputStream in) {
      this.in = in;
    }

    @Override
    public boolean hasNext() {
      if (envelope == null) {
        envelope = read().orElse(null);
      }
      return envelope != null;
    }

    private Optional<Envelope> read() {
      try {
        if (file == null) {
          file = new BundleFile.Reader(in);
        }
        return file.next();
      } catch (Malformed e) {
        throw invalid(e);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public EnvelopeTaken next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      var taken = open(Objects.requireNonNull(envelope));
      envelope = null;
      var refused =
          taken.refused().entrySet().stream()
              .map(author -> new EnvelopeTaken.Refusal(author.getKey().node(), author.getValue()))
              .toList();
      return new EnvelopeTaken(taken.from(), taken.entries(), refused);
    }
  }

  private static Refused invalid(Malformed e) {
    return new Refused(ProblemCode.BUNDLE_INVALID, String.valueOf(e.getMessage()));
  }

  private Envelopes.Opened open(Envelope envelope) {
    try {
      return envelopes.open(envelope).toCompletableFuture().get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Malformed malformed) {
        throw invalid(malformed);
      }
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static InputStream joined(Iterator<byte[]> pieces) {
    return new SequenceInputStream(
        new Enumeration<InputStream>() {
          @Override
          public boolean hasMoreElements() {
            return pieces.hasNext();
          }

          @Override
          public InputStream nextElement() {
            return new ByteArrayInputStream(pieces.next());
          }
        });
  }
}
