package com.softadastra.sync.envelope;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.peering.Bundles;
import com.softadastra.contracts.peering.EnvelopeTaken;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.sync.storage.DamagedEntry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Enumeration;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;

/** Envelopes by file. */
public final class BundleService implements Bundles {
  private static final Logger LOG = LoggerFactory.getLogger(BundleService.class);

  /** What a layer hands to another at once, in bytes. */
  private static final int PIECE_BYTES = 256 << 10;

  /** Pieces that are asked for ahead. */
  private static final int AHEAD = 4;

  /** Files that are made or taken in at once: of each some envelopes are in memory, in parts. */
  private static final int AT_ONCE = 4;

  private final Envelopes envelopes;
  private final Semaphore places = new Semaphore(AT_ONCE);

  public BundleService(Envelopes envelopes) {
    this.envelopes = envelopes;
  }

  @Override
  public Flux<byte[]> export(NodeId to, boolean all) {
    return inPlace(() -> {
      var spaces = envelopes.spacesWith(to);
      if (spaces.isEmpty()) {
        return Flux.error(
            new Refused(ProblemCode.PEER_UNKNOWN, "no space here has " + to + " as a member"));
      }
      return Flux.fromIterable(() ->
          new Pieces(
              spaces.iterator(),
              space -> all ? envelopes.sealAll(space, to) : envelopes.seal(space, to)));
    });
  }

  private <T> Flux<T> inPlace(Supplier<Flux<T>> work) {
    return Flux.defer(() -> {
      if (!places.tryAcquire()) {
        return Flux.error(
            new Refused(ProblemCode.BUSY, AT_ONCE + " bundles are made or taken in now"));
      }
      return Flux.defer(work).doFinally(_ -> places.release());
    });
  }

  /** A file, as it is made. */
  private final class Pieces implements Iterator<byte[]> {
    private final Iterator<SpaceId> spaces;
    private final Function<SpaceId, Envelopes.Sealed> seal;
    private Envelopes.@Nullable Sealed sealed;
    private @Nullable SpaceId space;
    private boolean lacks;
    private byte[] piece = BundleFile.BEGIN;
    private int given;
    private boolean over;

    Pieces(Iterator<SpaceId> spaces, Function<SpaceId, Envelopes.Sealed> seal) {
      this.spaces = spaces;
      this.seal = seal;
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
      while (sealed == null || !hasNext(sealed)) {
        lacks |= sealed != null && sealed.lacks();
        if (!spaces.hasNext()) {
          over = true;
          return BundleFile.end(lacks);
        }
        space = spaces.next();
        sealed = seal.apply(space);
      }
      return BundleFile.framed(sealed.next());
    }

    /** Goes on behind what can't be read as soon as that is known, for as long as more is found. */
    private boolean hasNext(Envelopes.Sealed made) {
      List<DamagedEntry> known = null;
      while (true) {
        try {
          return made.hasNext();
        } catch (Refused refused) {
          var damaged = known;
          if (refused.problem().code() != ProblemCode.UNREADABLE) {
            throw refused;
          }
          known = got(envelopes.damaged(Objects.requireNonNull(space)));
          if (known.equals(damaged)) {
            throw refused;
          }
        }
      }
    }
  }

  @Override
  public Flux<EnvelopeTaken> take(Flux<byte[]> bundle) {
    // closed in the end, or who sends would wait for ever
    return inPlace(() ->
        Flux.using(
            () -> bundle.toStream(AHEAD),
            pieces -> Flux.fromIterable(() -> new Taking(joined(pieces.iterator()))),
            Stream::close));
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
        var next = file.next();
        if (next.isEmpty() && file.lacks()) {
          LOG.warn("the maker of a bundle couldn't read all that it meant to put into it");
        }
        return next;
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
      var taken = got(envelopes.open(Objects.requireNonNull(envelope)));
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

  private static <T> T got(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get();
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
