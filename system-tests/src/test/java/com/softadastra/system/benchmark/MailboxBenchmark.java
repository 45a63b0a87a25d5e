package com.softadastra.system.benchmark;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.edge.database.EdgeDatabase;
import com.softadastra.edge.mailbox.MailboxStore;
import com.softadastra.edge.mailbox.MailboxStore.Arrived;
import com.softadastra.edge.mailbox.MailboxStore.Kept;
import com.softadastra.edge.mailbox.MailboxStore.Put;
import com.softadastra.edge.mailbox.Quotas;
import com.softadastra.edge.mailbox.h2.H2MailboxStore;
import com.softadastra.edge.mailbox.h2.MailboxRepair;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.engine.envelope.Passage;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardFileSystem;
import com.softadastra.guard.GuardSettings;
import com.softadastra.node.client.NodeClient;
import com.softadastra.node.process.NodeProcess;
import com.softadastra.node.process.Ports;
import com.softadastra.system.Application;
import com.softadastra.system.StrangePeer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.springframework.util.FileSystemUtils;
import reactor.core.publisher.Sinks;

/**
 * A relay as it ships, with 256 MB of heap, that has a million envelopes for one member: how soon
 * it is ready, what it takes of memory, and how fast they go out to that member over TLS. The
 * member takes each at once, and has nothing else to do.
 */
class MailboxBenchmark {
  private static final int ENVELOPES = Integer.getInteger("benchmark.envelopes", 1_000_000);
  private static final int SEALED = 300;
  private static final int UNFORCED = 1024;
  private static final int SAMPLE = 5_000;
  private static final Quotas ALL = new Quotas(1L << 40, 1L << 40, 1L << 40, 64 << 20);
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final Duration DRAINING = Duration.ofHours(1);

  private final NodeKey sender = EngineNode.key();

  @Test
  void measures() throws Exception {
    var directory =
        Files.createTempDirectory(
            Files.createDirectories(Path.of("target").toAbsolutePath()), "bench-");
    try (var report = new Report("benchmark-mailboxes.txt");
        var relay = node(directory, "relay", "-Xmx256m");
        var member = new StrangePeer(Ports.free())) {
      var space = meet(directory, relay, member);
      start("no mail", relay, report);
      relay.stop();
      fill(relay.data().resolve("mailboxes"), member.id(), space, report);
      start("%,d envelopes".formatted(ENVELOPES), relay, report);
      drain(relay, member, space, report);
    } finally {
      FileSystemUtils.deleteRecursively(directory);
    }
  }

  private static NodeProcess node(Path directory, String name, String... options) {
    var command = new ArrayList<>(Application.asShipped());
    command.addAll(List.of(options));
    return new NodeProcess(command, name, directory.resolve(name), List.of());
  }

  /** Makes one the relay and the other a member of a space, whose creator is gone then. */
  private static SpaceId meet(Path directory, NodeProcess relay, StrangePeer member)
      throws Exception {
    try (var creator = node(directory, "creator")) {
      creator.start();
      relay.start();
      creator.awaitReady(PATIENCE);
      relay.awaitReady(PATIENCE);
      creator.client().put("/api/v1/spaces/shop", null).orThrow();
      relay
          .client()
          .post(
              "/api/v1/peers", NodeClient.object().put("invitation", invitation(creator, "relay")))
          .orThrow();
      relay.stop();
      return member.join(invitation(creator, "writer")).space();
    }
  }

  private static String invitation(NodeProcess node, String role) {
    var request = NodeClient.object().put("uses", 1).put("expiresIn", "PT10M");
    request.putArray("spaces").addObject().put("space", "shop").put("role", role);
    return node.client()
        .post("/api/v1/invitations", request)
        .orThrow()
        .path("invitation")
        .asString();
  }

  private static void start(String with, NodeProcess relay, Report report) throws Exception {
    relay.start();
    var ready = relay.awaitReady(PATIENCE);
    report.say(
        "With %s: ready after %.1f s, %.0f MB resident at rest",
        with, ready.toMillis() / 1e3, ResidentMemory.bytes(relay.pid()) / 1e6);
  }

  private void fill(Path mailboxes, NodeId member, SpaceId space, Report report) throws Exception {
    var passage = Passage.sign(space, sender.nodeId());
    var pseudonym = Envelope.pseudonym(space);
    var guard = GuardFileSystem.register(EdgeDatabase.GUARD, GuardSettings.production());
    var files = mailboxes.resolve("mailboxes").toString();
    long begun = System.nanoTime();
    long bytes = 0;
    try (var database = EdgeDatabase.open(files, guard, FailStop.halting(), new MailboxRepair());
        var store = new H2MailboxStore(database, ALL, mailboxes.toFile()::getUsableSpace)) {
      var forced = new ArrayDeque<CompletableFuture<Put>>();
      for (int i = 0; i < ENVELOPES; i++) {
        if (forced.size() == UNFORCED) {
          assertKept(forced.remove().join());
        }
        var envelope = envelope(i, member, pseudonym, passage);
        bytes += envelope.bytes().length;
        forced.add(put(store, envelope));
      }
      forced.forEach(put -> assertKept(put.join()));
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    report.say(
        "%,d envelopes of %,d bytes kept in %.0f s: %,.0f a second; %,d MiB of files",
        ENVELOPES, bytes / ENVELOPES, seconds, ENVELOPES / seconds, size(mailboxes) >> 20);
  }

  private static CompletableFuture<Put> put(MailboxStore store, Arrived envelope) {
    var forced = new CompletableFuture<Put>();
    store.put(envelope, forced);
    return forced;
  }

  private static void assertKept(Put put) {
    if (!(put instanceof Kept)) {
      throw new IllegalStateException(put.toString());
    }
  }

  /** One that can be read, and has no signature; the store asks for none. */
  private Arrived envelope(long number, NodeId member, Hash pseudonym, byte[] passage) {
    var id = UUID.randomUUID();
    var now = Instant.now();
    var outside =
        new Envelope.Outside(
            ByteBuffer.allocate(Envelope.ID_BYTES)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array(),
            member,
            sender.publicKey(),
            pseudonym,
            Priority.values()[(int) (number % Priority.values().length)],
            now.toEpochMilli(),
            0,
            passage);
    byte[] bytes = new Envelope(outside, new byte[SEALED], new byte[64]).encode();
    return new Arrived(
        id,
        sender.nodeId(),
        pseudonym,
        member,
        sender.nodeId(),
        outside.priority(),
        now,
        now.plus(Duration.ofDays(30)),
        Hash.sha256(bytes),
        bytes,
        null,
        null);
  }

  private static long size(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      return files.mapToLong(file -> file.toFile().length()).sum();
    }
  }

  private static void drain(NodeProcess relay, StrangePeer member, SpaceId space, Report report) {
    var node = NodeId.parse(relay.client().get("/api/v1/node").orThrow().path("node").asString());
    var shown =
        new MailFrame.Arrival.Shown(Envelope.pseudonym(space), Passage.sign(space, member.id()));
    var said = Sinks.many().unicast().<byte[]>onBackpressureBuffer();
    said.tryEmitNext(new MailFrame.Arrival(List.of(shown)).encode()).orThrow();
    var memory = new AtomicLong();
    var cpu = cpu(relay);
    long begun = System.nanoTime();
    var taken = new AtomicLong();
    member
        .mailLinks()
        .mail(node, List.of("127.0.0.1:" + relay.meshPort()), said.asFlux())
        .map(MailFrame::decode)
        .ofType(MailFrame.Mail.class)
        .take(ENVELOPES)
        .doOnNext(mail -> {
          var id = Envelope.decode(mail.envelope()).outside().id();
          said.tryEmitNext(new MailFrame.Taken(id).encode()).orThrow();
          if (taken.incrementAndGet() % SAMPLE == 0) {
            memory.accumulateAndGet(resident(relay), Math::max);
          }
        })
        .blockLast(DRAINING);
    double seconds = (System.nanoTime() - begun) / 1e9;
    if (taken.get() != ENVELOPES) {
      throw new IllegalStateException("%,d envelopes came".formatted(taken.get()));
    }
    report.say(
        "%,d envelopes went out in %.0f s: %,.0f a second, %.0f us of the relay's CPU each;"
            + " at most %.0f MB resident",
        ENVELOPES,
        seconds,
        ENVELOPES / seconds,
        cpu(relay).minus(cpu).toNanos() / 1e3 / ENVELOPES,
        memory.get() / 1e6);
  }

  private static Duration cpu(NodeProcess node) {
    return ProcessHandle.of(node.pid()).orElseThrow().info().totalCpuDuration().orElseThrow();
  }

  private static long resident(NodeProcess node) {
    try {
      return ResidentMemory.bytes(node.pid());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
