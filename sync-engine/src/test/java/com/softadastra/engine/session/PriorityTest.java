package com.softadastra.engine.session;

import static com.softadastra.engine.Given.CLOCK;
import static com.softadastra.engine.Given.key;
import static com.softadastra.engine.Given.replica;
import static com.softadastra.engine.Given.signed;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.MembershipRecord;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** In which order what several spaces have goes to a peer. */
class PriorityTest {
  private final Map<SpaceId, MemoryHost> here = new LinkedHashMap<>();
  private final Map<SpaceId, MemoryHost> there = new LinkedHashMap<>();
  private final SpaceId backlog = space("backlog");
  private final SpaceId small = space("small");
  private final SpaceId archive = space("archive");

  private Session session;

  @BeforeEach
  void agreeOnSpaces() {
    session = new Session(key(2).nodeId(), host(1, here));
    var peer = new Session(key(1).nodeId(), host(2, there));
    boolean busy = true;
    while (busy) {
      byte[] told = session.poll();
      byte[] answer = peer.poll();
      if (told != null) {
        peer.receive(told);
      }
      if (answer != null) {
        session.receive(answer);
      }
      busy = told != null || answer != null;
    }
  }

  private SpaceId space(String name) {
    var create =
        new MembershipRecord.Create(key(1).publicKey(), "node 1", name, CLOCK, new byte[16]);
    var membership = new Membership(List.of(signed(create, key(1))));
    var grant = membership.grant(key(1).nodeId(), key(2).publicKey(), "node 2", Role.WRITER, CLOCK);
    membership = membership.with(List.of(signed(grant, key(1))));
    here.put(membership.space(), new MemoryHost(1, membership));
    there.put(membership.space(), new MemoryHost(2, membership));
    return membership.space();
  }

  private void write(SpaceId space, int count, Priority priority) {
    for (int i = 0; i < count; i++) {
      here.get(space).write("document " + i, priority);
    }
  }

  @Test
  void spacesTakeTurns() {
    write(backlog, 20, Priority.NORMAL);
    write(small, 4, Priority.NORMAL);
    assertThat(spacesOf(6)).startsWith(small, backlog, small, backlog);
  }

  @Test
  void whatIsUrgentGoesFirstWithAllBeforeIt() {
    write(backlog, 20, Priority.NORMAL);
    write(small, 3, Priority.NORMAL);
    write(small, 1, Priority.URGENT);
    write(small, 2, Priority.NORMAL);
    assertThat(spacesOf(6)).startsWith(small, small, backlog, small);
  }

  @Test
  void bulkWaitsForAllElseButNotForEver() {
    write(archive, 20, Priority.BULK);
    write(backlog, 40, Priority.NORMAL);
    assertThat(spacesOf(8)).startsWith(backlog, backlog, backlog).containsOnlyOnce(archive);
  }

  @Test
  void littleBulkIsUnderwayAtOnce() {
    write(archive, 20, Priority.BULK);
    assertThat(spacesOf(20)).hasSize(Session.BULK_CREDIT).containsOnly(archive);
  }

  @Test
  void littleThatIsLargeIsUnderwayAtOnce() {
    for (int i = 0; i < 20; i++) {
      here.get(backlog).write("document " + i, Priority.NORMAL, Session.CREDIT_BYTES / 3);
    }
    // two entries are a batch
    assertThat(spacesOf(20)).hasSize(2);
    session.receive(new Frame.Taken(backlog, 1).encode());
    assertThat(spacesOf(20)).hasSize(1);
  }

  @Test
  void whatWasUrgentBeforeTheyMetGoesFirst() {
    write(backlog, 2, Priority.NORMAL);
    write(small, 1, Priority.NORMAL);
    write(small, 1, Priority.URGENT);
    session = new Session(key(2).nodeId(), host(1, here));
    var peer = new Session(key(1).nodeId(), host(2, there));
    peer.receive(session.poll());
    byte[] greeting;
    while ((greeting = peer.poll()) != null) {
      session.receive(greeting);
    }
    write(backlog, 2, Priority.NORMAL);
    assertThat(spacesOf(2)).containsExactly(small, backlog);
  }

  /** The spaces of the first batches that go to a peer, which doesn't say that it took any. */
  private List<SpaceId> spacesOf(int batches) {
    var spaces = new ArrayList<SpaceId>();
    byte[] frame;
    while (spaces.size() < batches && (frame = session.poll()) != null) {
      if (Frame.decode(frame) instanceof Frame.Entries(var space, var batch)) {
        assertThat(batch).hasSize(2);
        spaces.add(space);
      }
    }
    return spaces;
  }

  /** One node of several spaces. */
  private static SessionHost host(int node, Map<SpaceId, MemoryHost> spaces) {
    return (SessionHost)
        Proxy.newProxyInstance(
            SessionHost.class.getClassLoader(),
            new Class<?>[] {SessionHost.class},
            (_, method, arguments) ->
                switch (method.getName()) {
                  case "hello" ->
                      new Frame.Hello(
                          Frame.VERSION,
                          Frame.VERSION,
                          replica(node),
                          CLOCK,
                          "node " + node,
                          List.of(),
                          spaces.keySet().stream().sorted().toList());
                  case "met" -> null;
                  case "durable" ->
                      spaces.values().stream().mapToLong(MemoryHost::durable).max().orElseThrow();
                  default -> method.invoke(spaces.get((SpaceId) arguments[0]), arguments);
                });
  }
}
