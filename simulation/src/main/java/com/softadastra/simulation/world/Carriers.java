package com.softadastra.simulation.world;

import static com.softadastra.simulation.judge.Invariant.ENVELOPES;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.log.Signatures;
import com.softadastra.engine.session.Frame;
import com.softadastra.sync.envelope.Envelopes;
import com.softadastra.sync.storage.StorageException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * People who carry envelopes from one node to another. They take their time; some lose some, bring
 * them twice or in another order, to another node, or with a spot on them.
 */
final class Carriers {
  private final World world;

  Carriers(World world) {
    this.world = world;
  }

  /** What becomes of envelopes on the way. */
  private enum Way {
    STRAIGHT,
    TWICE,
    BACKWARDS,
    SOME_LOST,
    DAMAGED,
    ASTRAY
  }

  void carry(SimulatedNode from, SimulatedNode to, long nanos, SplittableRandom random) {
    var space = world.space(random);
    if (!from.runs()
        || from.id().equals(to.id())
        || from.recording()
            .view(space)
            .flatMap(view -> view.membership().member(to.id()))
            .isEmpty()) {
      return;
    }
    var way = random.nextInt(2) == 0 ? Way.STRAIGHT : Way.values()[random.nextInt(6)];
    var envelopes = new ArrayList<byte[]>();
    var had = new HashSet<Hash>();
    boolean all = true;
    try {
      for (var made = from.envelopes().seal(space, to.id()); made.hasNext(); ) {
        var envelope = made.next();
        List<Frame> frames = Envelopes.read(envelope, to.key());
        had.addAll(world.judge().sealed(from.place(), space, frames));
        frames.forEach(frame -> world.trace().add(frame.encode()));
        envelopes.add(envelope.encode());
      }
    } catch (Refused e) {
      if (e.problem().code() != ProblemCode.UNREADABLE || world.plan().nothingIsLost()) {
        throw e;
      }
      // what was made before goes all the same
      all = false;
    } catch (StorageException e) {
      // the disk gives nothing at the moment
      if (!world.plan().readsFail()) {
        throw e;
      }
      return;
    }
    var taker = way == Way.ASTRAY ? world.node(random.nextInt(64)) : to;
    var carried = changed(envelopes, way, random);
    boolean whole = all && way != Way.SOME_LOST && way != Way.BACKWARDS && way != Way.DAMAGED;
    world
        .agenda()
        .after(
            1 + nanos, () -> bring(carried.iterator(), to, taker, space, whole ? had : null, way));
  }

  private static List<byte[]> changed(List<byte[]> envelopes, Way way, SplittableRandom random) {
    var changed = new ArrayList<>(envelopes);
    switch (way) {
      case STRAIGHT, ASTRAY -> {}
      case TWICE -> changed.addAll(envelopes);
      case BACKWARDS -> Collections.reverse(changed);
      case SOME_LOST -> changed.removeIf(_ -> random.nextBoolean());
      case DAMAGED ->
          changed.replaceAll(envelope -> {
            byte[] damaged = envelope.clone();
            // the signature stands at the end
            int at = random.nextInt(random.nextBoolean() ? damaged.length : Signatures.BYTES);
            damaged[damaged.length - 1 - at] ^= (byte) (1 + random.nextInt(255));
            return damaged;
          });
    }
    return changed;
  }

  /**
   * @param had what has to be there in the end; null where nothing has
   */
  private void bring(
      Iterator<byte[]> envelopes,
      SimulatedNode to,
      SimulatedNode taker,
      SpaceId space,
      @Nullable Set<Hash> had,
      Way way) {
    if (!taker.runs()) {
      return;
    }
    boolean fits = taker.id().equals(to.id()) && way != Way.DAMAGED;
    if (!envelopes.hasNext()) {
      if (had != null && fits && world.plan().nothingIsLost()) {
        world.judge().brought(taker.place(), space, had);
      }
      return;
    }
    var life = taker.life();
    try {
      taker
          .envelopes()
          .open(Envelope.decode(envelopes.next()))
          .whenComplete((opened, failure) -> {
            if (life == null || !life.alive()) {
              return;
            }
            if (opened != null && !fits) {
              world.broken(ENVELOPES, taker + " takes in what is not for it, or was changed");
            } else if (opened == null && fits && !isExpected(failure)) {
              world.broken(ENVELOPES, taker + " doesn't take in an envelope: " + failure);
            } else {
              bring(envelopes, to, taker, space, opened == null ? null : had, way);
            }
          });
    } catch (Malformed e) {
      if (fits) {
        world.broken(ENVELOPES, taker + " can't read an envelope: " + e.getMessage());
      }
    }
  }

  /** A node that hasn't joined yet has not the space; a disk may give nothing at the moment. */
  private boolean isExpected(Throwable failure) {
    var cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof Refused
        || cause instanceof StorageException && world.plan().readsFail();
  }
}
