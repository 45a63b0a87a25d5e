package com.softadastra.sync.peer;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.time.EventQueue;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.engine.ledger.Statement;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.storage.InMemoryJournal.Medium;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class GossipTest {
  private static final NodeKey KEY = new NodeKey(new byte[NodeKey.SEED_BYTES]);

  /** Those who speak of it know no later one, and any of them may say it any number of times. */
  @Test
  void whatANodeHasSaidBeforeItsStartCostsNoForce() {
    var create = new MembershipRecord.Create(KEY.publicKey(), "1", "space", 0, new byte[16]);
    var membership = new Membership(List.of(SpaceNames.sign(create, KEY)));
    var space = membership.space();
    var queue = new EventQueue();
    var node = new MeetingNode(KEY, membership, new Medium(), queue, new MemoryNetwork(queue));
    node.write(3);
    var recording = node.recording;
    var gossip =
        new Gossip(
            recording, KEY, new Surroundings(queue, queue, new SplittableRandom(1)), new Nobody());
    var view = recording.view(space).orElseThrow();
    long durable = recording.durable();

    var before = new Statement(space, node.replica(), durable, 1, node.vector()).sign(KEY);
    gossip.note(view, Collections.nCopies(100, before), KEY.nodeId());
    assertThat(recording.waiting()).isZero();

    var beyond = new Statement(space, node.replica(), durable + 1, 1, node.vector()).sign(KEY);
    gossip.note(view, List.of(beyond), KEY.nodeId());
    assertThat(recording.waiting()).isOne();
    recording.recordNext();
    assertThat(recording.durable()).isGreaterThan(durable + 1);
  }

  private static final class Nobody implements Gossip.Listeners {
    @Override
    public void later(SpaceId space, Set<NodeId> members) {}

    @Override
    public void contradicted(SpaceId space, NodeId member) {}
  }
}
