package com.softadastra.edge.mailbox.h2;

import com.softadastra.contracts.documents.Priority;
import com.softadastra.disk.CrashSubject;
import com.softadastra.edge.mailbox.Envelopes;
import com.softadastra.edge.mailbox.MailboxStore.Account;
import com.softadastra.edge.mailbox.MailboxStore.Arrived;
import com.softadastra.edge.mailbox.MailboxStore.Gone;
import com.softadastra.edge.mailbox.MailboxStore.Held;
import com.softadastra.edge.mailbox.MailboxStore.Offered;
import com.softadastra.edge.mailbox.MailboxStore.Pile;
import com.softadastra.edge.mailbox.MailboxStore.Put;
import com.softadastra.edge.mailbox.MailboxStore.Waiting;
import com.softadastra.edge.mailbox.Quotas;
import com.softadastra.edge.mailbox.SiblingStore.Named;
import com.softadastra.edge.mailbox.SiblingStore.Sibling;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardFileSystem;
import com.softadastra.guard.GuardSettings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The mailboxes, put through power failures. Commit n brings 1 to 4 envelopes for a node, each of
 * up to a few thousand bytes, and takes some of those that came before. Each third comes by another
 * relay; what was taken is not to be taken from that again. Two of four have a body, the same in
 * three commits.
 */
final class StoredEnvelopes implements CrashSubject {
  static final NodeKey FROM = Envelopes.key(1);
  static final NodeKey TO = Envelopes.key(2);
  private static final NodeKey RELAY = Envelopes.key(3);

  /** Envelopes that were taken which are looked for, the last ones. */
  private static final int LOOKED_FOR = 30;

  private static final Quotas QUOTAS = new Quotas(1 << 30, 1 << 30, 1 << 30, 0);
  private static final FailStop THROWING =
      (file, cause) -> {
        throw new IllegalStateException(file + " stopped", cause);
      };

  private final long seed;
  private final int journalBytes;

  /** The envelopes that are there after each commit, by number. */
  private final ConcurrentHashMap<Integer, TreeMap<Long, byte[]>> after = new ConcurrentHashMap<>();

  private volatile byte[] key = {};

  StoredEnvelopes(long seed, int journalBytes) {
    this.seed = seed;
    this.journalBytes = journalBytes;
    after.put(0, new TreeMap<>());
  }

  private H2MailboxStore open(String files) {
    var settings = GuardSettings.production().withJournalBytes(journalBytes).withFailStop(THROWING);
    // each image has a guard of its own, since several are opened at once
    var scheme = "guard" + files.substring(0, files.indexOf(':'));
    return H2MailboxStore.open(
        files,
        GuardFileSystem.register(scheme.replace("-", ""), settings),
        QUOTAS,
        () -> Long.MAX_VALUE,
        THROWING);
  }

  private record Commit(List<Arrived> brought, List<Long> taken, TreeMap<Long, byte[]> left) {}

  private Commit commit(int number) {
    var left = new TreeMap<>(after.get(number - 1));
    var random = new SplittableRandom(seed + number * 0x9E3779B97F4A7C15L);
    var taken = new ArrayList<Long>();
    for (long id : List.copyOf(left.keySet())) {
      if (random.nextInt(8) == 0) {
        taken.add(id);
        left.remove(id);
      }
    }
    var brought = new ArrayList<Arrived>();
    for (int i = 0; i < 1 + random.nextInt(4); i++) {
      long id = number * 4L + i;
      int size = 1 + random.nextInt(random.nextInt(10) == 0 ? 20_000 : 500);
      var envelope = envelope(id, size);
      brought.add(envelope);
      left.put(id, whole(envelope));
    }
    return new Commit(brought, taken, left);
  }

  private static Arrived envelope(long id, int size) {
    var expires = Envelopes.START.plusSeconds(1_000_000_000);
    var envelope =
        id % 4 == 1 || id % 4 == 2
            ? sharing(id, expires)
            : Envelopes.arrived(FROM, TO, id, Priority.NORMAL, expires, size);
    return id % 3 == 0 ? Envelopes.by(RELAY, envelope) : envelope;
  }

  private static Arrived sharing(long id, Instant expires) {
    int three = (int) (id / 12);
    byte[] body = Envelopes.body(three, 1 + three * 37 % 3_000);
    var outside = Envelopes.sharing(FROM, TO, id, body).outside();
    // nobody verifies it
    var unsigned = new Envelope(outside, new byte[80], new byte[64], body);
    return Envelopes.arrived(unsigned, Envelopes.START.plusSeconds(id), expires);
  }

  private static byte[] whole(Arrived envelope) {
    return envelope.content() == null
        ? envelope.bytes()
        : Envelope.decode(envelope.bytes()).with(envelope.content()).encode();
  }

  @Override
  public Session start(String files) {
    var store = open(files);
    store.name(
        new Named(
            Envelopes.PSEUDONYM,
            new byte[64],
            7,
            Envelopes.START,
            List.of(new Sibling(RELAY.publicKey(), List.of("a:1")))));
    key = store.key().publicKey();
    return new Session() {
      @Override
      public void commit(int number) {
        var commit = StoredEnvelopes.this.commit(number);
        after.put(number, commit.left());
        var forced = new ArrayList<CompletableFuture<?>>();
        for (long id : commit.taken()) {
          var taken = new CompletableFuture<Optional<Pile>>();
          forced.add(taken);
          store.taken(TO.nodeId(), id(id), taken);
        }
        for (var envelope : commit.brought()) {
          var put = new CompletableFuture<Put>();
          forced.add(put);
          store.put(envelope, put);
        }
        forced.forEach(CompletableFuture::join);
      }

      @Override
      public void close() {
        store.close();
      }
    };
  }

  private static java.util.UUID id(long number) {
    return Envelopes.arrived(FROM, TO, number).id();
  }

  @Override
  public Optional<String> violation(String files, int acknowledged) {
    H2MailboxStore store;
    try {
      store = open(files);
    } catch (RuntimeException e) {
      return Optional.of("does not open: " + e);
    }
    try {
      if (!Arrays.equals(key, store.key().publicKey())) {
        return Optional.of("the mailboxes have another key");
      }
      var found = new TreeMap<java.util.UUID, byte[]>();
      for (Waiting waiting : store.waiting(TO.nodeId(), Integer.MAX_VALUE)) {
        found.put(waiting.id(), store.read(waiting).orElse(new byte[0]));
      }
      return wrong(store, found, acknowledged);
    } catch (RuntimeException e) {
      return Optional.of("can't be read: " + e);
    } finally {
      store.abandon();
    }
  }

  /**
   * All that was acknowledged is there and, of the commit after, the first changes or none: they
   * may have become more than one transaction.
   */
  private Optional<String> wrong(
      H2MailboxStore store, TreeMap<java.util.UUID, byte[]> found, int acknowledged) {
    var before = after.get(acknowledged);
    var next = commit(acknowledged + 1);
    for (var each : before.entrySet()) {
      byte[] bytes = found.remove(id(each.getKey()));
      if (bytes == null && !next.taken().contains(each.getKey())) {
        return Optional.of("envelope " + each.getKey() + " is lost");
      }
      if (bytes != null && !Arrays.equals(bytes, each.getValue())) {
        return Optional.of("envelope " + each.getKey() + " has other bytes");
      }
    }
    for (var envelope : next.brought()) {
      byte[] bytes = found.remove(envelope.id());
      if (bytes != null && !Arrays.equals(bytes, whole(envelope))) {
        return Optional.of("an envelope on its way has other bytes");
      }
    }
    if (!found.isEmpty()) {
      return Optional.of(found.size() + " envelopes are here that were taken");
    }
    if (store.named().isEmpty()) {
      return acknowledged == 0 ? Optional.empty() : Optional.of("other relays are forgotten");
    }
    var taken = new ArrayList<Long>();
    for (int number = acknowledged; number > 0 && taken.size() < LOOKED_FOR; number--) {
      taken.addAll(commit(number).taken());
    }
    for (long id : taken) {
      var looked = new CompletableFuture<Optional<Put>>();
      var envelope = envelope(id, 1);
      store.look(
          new Offered(envelope.id(), envelope.hash(), envelope.sender(), envelope.destination(), 1),
          looked);
      if (!looked.join().filter(Gone.class::isInstance).isPresent()) {
        return Optional.of("envelope " + id + " was taken, and would be taken again");
      }
    }
    var account = new CompletableFuture<Account>();
    store.account(FROM.nodeId(), account);
    long counted = account.join().piles().stream().mapToLong(Pile::envelopes).sum();
    long here = store.waiting(TO.nodeId(), Integer.MAX_VALUE).size();
    long brought = store.brought(RELAY.nodeId(), 0, Integer.MAX_VALUE).size();
    long bodies =
        store.held(Envelopes.PSEUDONYM, TO.nodeId(), 0, Integer.MAX_VALUE).stream()
            .map(Held::body)
            .filter(Objects::nonNull)
            .distinct()
            .count();
    if (store.totals().bodies() != bodies) {
      return Optional.of(store.totals().bodies() + " bodies are here of " + bodies);
    }
    return counted + brought == here && store.totals().envelopes() == here
        ? Optional.empty()
        : Optional.of("counted " + counted + " envelopes of " + here);
  }
}
