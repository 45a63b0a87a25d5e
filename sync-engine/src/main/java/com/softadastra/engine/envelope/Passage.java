package com.softadastra.engine.envelope;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.log.Signatures;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.log.Signatures.Purpose;
import java.nio.charset.StandardCharsets;

/**
 * That a node may send by a space's relays: its id, signed with a key that every member can make of
 * the space's id. A relay is given the public half; it knows the space by a pseudonym, and can find
 * neither its id nor who its members are but by what they send.
 */
public final class Passage {
  private static final byte[] SEED = "softadastra.passage.1".getBytes(StandardCharsets.US_ASCII);

  private Passage() {}

  /** By which a relay tells passages of the space, 32 bytes. */
  public static byte[] key(SpaceId space) {
    return pair(space).publicKey();
  }

  /** A member's passage, 64 bytes. */
  public static byte[] sign(SpaceId space, NodeId member) {
    return pair(space).sign(Purpose.PASSAGE, member.hash());
  }

  /**
   * Whether this lets a node send.
   *
   * @param key of the space
   */
  public static boolean lets(NodeId node, byte[] passage, byte[] key) {
    return Signatures.verify(Purpose.PASSAGE, node.hash(), passage, key);
  }

  private static NodeKey pair(SpaceId space) {
    return new NodeKey(Hash.sha256(SEED, space.hash().bytes()).bytes());
  }
}
