package com.softadastra.sync.documents;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.log.Signatures.Purpose;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.engine.space.SignedRecord;
import com.softadastra.sync.storage.Recording;
import com.softadastra.sync.storage.SpaceView;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The local names of spaces. New ones are made on the recording thread, and shown when they are
 * forced.
 */
public final class SpaceNames {
  private final Recording recording;
  private final SpaceDirectory directory;
  private final NodeKey key;
  private final String nodeName;
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();

  /** All names with what was decided last. Owned by the recording thread. */
  private final Map<String, SpaceId> decided;

  private boolean changed;

  private volatile Shown shown;

  /** What is forced. */
  private record Shown(Map<String, SpaceId> ids, Map<SpaceId, String> names) {
    static Shown of(Map<String, SpaceId> ids) {
      var names = new HashMap<SpaceId, String>();
      ids.forEach((name, space) -> names.put(space, name));
      return new Shown(Map.copyOf(ids), Map.copyOf(names));
    }
  }

  public SpaceNames(
      Recording recording,
      SpaceDirectory directory,
      NodeKey key,
      String nodeName,
      InstantSource clock) {
    this.recording = recording;
    this.directory = directory;
    this.key = key;
    this.nodeName = nodeName;
    this.clock = clock;
    this.decided = new HashMap<>(directory.all());
    this.shown = Shown.of(decided);
    recording.onForced(this::show);
  }

  private void show() {
    if (changed) {
      changed = false;
      shown = Shown.of(decided);
    }
  }

  /** All spaces of this node by name. */
  public Map<String, SpaceId> all() {
    return new TreeMap<>(shown.ids());
  }

  public Optional<SpaceId> find(String name) {
    return Optional.ofNullable(shown.ids().get(name));
  }

  public Optional<String> name(SpaceId space) {
    return Optional.ofNullable(shown.names().get(space));
  }

  /**
   * @throws Refused where there is no such space
   */
  public SpaceId id(String name) {
    return find(name)
        .orElseThrow(
            () -> new Refused(ProblemCode.SPACE_UNKNOWN, "this node has no space " + name));
  }

  /**
   * @throws Refused where there is no such space
   */
  public SpaceView view(String name) {
    return recording
        .view(id(name))
        .orElseThrow(
            () -> new Refused(ProblemCode.SPACE_UNKNOWN, "this node has no space " + name));
  }

  /**
   * Makes the space with this node as its creator, or finds it. Runs on the recording thread.
   *
   * @return whether it was made
   */
  public boolean open(String name) {
    if (decided.containsKey(name)) {
      return false;
    }
    var nonce = new byte[MembershipRecord.NONCE_BYTES];
    random.nextBytes(nonce);
    var create =
        new MembershipRecord.Create(
            key.publicKey(), nodeName, name, Math.max(0, clock.millis()), nonce);
    var membership = new Membership(List.of(sign(create, key)));
    recording.createSpace(name, membership);
    put(name, membership.space());
    return true;
  }

  /**
   * Takes in a space that this node was invited to. Runs on the recording thread.
   *
   * @throws Refused {@code space-name-taken} where another space has the name and is not empty
   */
  public void join(String name, Membership membership) {
    var space = membership.space();
    if (decided.containsValue(space)) {
      recording.putMembership(recording.membership(space).with(membership.records()));
      return;
    }
    var other = decided.get(name);
    if (other != null) {
      var view = recording.views().get(other);
      if (view == null || view.entries() > 0 || view.membership().members().size() > 1) {
        throw new Refused(
            ProblemCode.SPACE_NAME_TAKEN,
            "this node has another space named "
                + name
                + "; join with \"as\" to give this one a name of its own");
      }
      var aside =
          (name.length() > 40 ? name.substring(0, 40) : name)
              + "-empty-"
              + other.toString().substring(0, 8);
      directory.rename(name, aside);
      put(aside, other);
      decided.remove(name);
    }
    recording.createSpace(name, membership);
    put(name, space);
  }

  public static SignedRecord sign(MembershipRecord record, NodeKey key) {
    byte[] bytes = record.encode();
    return new SignedRecord(bytes, key.sign(Purpose.MEMBERSHIP, Hash.sha256(bytes)));
  }

  private void put(String name, SpaceId space) {
    decided.put(name, space);
    changed = true;
  }
}
