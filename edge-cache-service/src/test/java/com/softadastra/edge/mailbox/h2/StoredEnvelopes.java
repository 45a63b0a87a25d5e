package com.softadastra.edge.mailbox.h2;

import com.softadastra.contracts.documents.Priority;
import com.softadastra.edge.Answering;
import com.softadastra.edge.mailbox.Envelopes;
import com.softadastra.edge.mailbox.MailboxException;
import com.softadastra.edge.mailbox.MailboxStore.Account;
import com.softadastra.edge.mailbox.MailboxStore.Arrived;
import com.softadastra.edge.mailbox.MailboxStore.Bodiless;
import com.softadastra.edge.mailbox.MailboxStore.Gone;
import com.softadastra.edge.mailbox.MailboxStore.Held;
import com.softadastra.edge.mailbox.MailboxStore.Kept;
import com.softadastra.edge.mailbox.MailboxStore.Offered;
import com.softadastra.edge.mailbox.MailboxStore.Pile;
import com.softadastra.edge.mailbox.MailboxStore.Put;
import com.softadastra.edge.mailbox.MailboxStore.Refused;
import com.softadastra.edge.mailbox.MailboxStore.Waiting;
import com.softadastra.edge.mailbox.Quotas;
import com.softadastra.edge.mailbox.SiblingStore.Named;
import com.softadastra.edge.mailbox.SiblingStore.Sibling;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.log.Signatures.NodeKey;
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
public final class StoredEnvelopes extends Answering {
  static final NodeKey FROM = Envelopes.key(1);
  static final NodeKey TO = Envelopes.key(2);
  private static final NodeKey RELAY = Envelopes.key(3);

  /** Envelopes that were taken which are looked for, the last ones. */
  private static final int LOOKED_FOR = 30;

  private static final Quotas QUOTAS = new Quotas(1 << 30, 1 << 30, 1 << 30, 0);

  private final long seed;
  private final int journalBytes;

  /** The envelopes that are there after each commit, by number. */
  private final ConcurrentHashMap<Integer, TreeMap<Long, byte[]>> after = new ConcurrentHashMap<>();

  private volatile byte[] key = {};

  public StoredEnvelopes(long seed, int journalBytes) {
    this.seed = seed;
    this.journalBytes = journalBytes;
    after.put(0, new TreeMap<>());
  }

  private H2MailboxStore store(String files, GuardSettings settings) {
    // each image has a guard of its own, since several are opened at once
    var scheme = "guard" + files.substring(0, files.indexOf(':'));
    return H2MailboxStore.open(
        files,
        GuardFileSystem.register(scheme.replace("-", ""), settings.withJournalBytes(journalBytes)),
        QUOTAS,
        () -> Long.MAX_VALUE,
        settings.failStop());
  }

  private record Commit(
      TreeMap<Long, Arrived> brought, List<Long> taken, TreeMap<Long, byte[]> left) {}

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
    var brought = new TreeMap<Long, Arrived>();
    for (int i = 0; i < 1 + random.nextInt(4); i++) {
      long id = number * 4L + i;
      int size = 1 + random.nextInt(random.nextInt(10) == 0 ? 20_000 : 500);
      var envelope = envelope(id, size);
      brought.put(id, envelope);
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
  public Running open(String files, GuardSettings settings) {
    var store = store(files, settings);
    byte[] found = store.key().publicKey();
    if (key.length > 0 && !Arrays.equals(key, found)) {
      throw new AssertionError("the mailboxes have another key");
    }
    key = found;
    store.name(
        new Named(
            Envelopes.PSEUDONYM,
            new byte[64],
            7,
            Envelopes.START,
            List.of(new Sibling(RELAY.publicKey(), List.of("a:1")))));
    return new Mailboxes(store);
  }

  private final class Mailboxes extends Running {
    private final H2MailboxStore store;

    Mailboxes(H2MailboxStore store) {
      this.store = store;
    }

    @Override
    protected List<CompletableFuture<?>> handIn(int number, boolean again) {
      var commit = StoredEnvelopes.this.commit(number);
      after.put(number, commit.left());
      var answers = new ArrayList<CompletableFuture<?>>();
      for (long id : commit.taken()) {
        var taken = new CompletableFuture<Optional<Pile>>();
        answers.add(
            taken.thenAccept(pile -> {
              if (pile.isEmpty() && !again) {
                throw new AssertionError("envelope " + id + " was not here to be taken");
              }
              answer(-id);
            }));
        store.taken(TO.nodeId(), id(id), taken);
      }
      commit
          .brought()
          .forEach((id, envelope) -> {
            var put = new CompletableFuture<Put>();
            answers.add(
                put.thenAccept(outcome -> {
                  switch (outcome) {
                    case Kept _ -> answer(id);
                    case Refused(var why) -> throw new MailboxException(why.toString(), null);
                    case Gone _, Bodiless _ ->
                        throw new AssertionError("envelope " + id + " is answered with " + outcome);
                  }
                }));
            store.put(envelope, put);
          });
      return answers;
    }

    @Override
    public Optional<String> violation(Answered answered) {
      return wrong(store, answered);
    }

    @Override
    public void close() {
      store.close();
    }

    @Override
    public void abandon() {
      store.abandon();
    }
  }

  private static java.util.UUID id(long number) {
    return Envelopes.arrived(FROM, TO, number).id();
  }

  @Override
  public Optional<String> violation(String files, Answered answered) {
    H2MailboxStore store;
    try {
      store = store(files, GuardSettings.production().withFailStop(THROWING));
    } catch (RuntimeException e) {
      return Optional.of("does not open: " + e);
    }
    try {
      return wrong(store, answered);
    } catch (RuntimeException e) {
      return Optional.of("can't be read: " + e);
    } finally {
      store.abandon();
    }
  }

  /**
   * All that was answered is there and, of the commit after, any changes or none: they may have
   * become more than one transaction.
   */
  private Optional<String> wrong(H2MailboxStore store, Answered answered) {
    if (key.length > 0 && !Arrays.equals(key, store.key().publicKey())) {
      return Optional.of("the mailboxes have another key");
    }
    var found = new TreeMap<java.util.UUID, byte[]>();
    for (Waiting waiting : store.waiting(TO.nodeId(), Integer.MAX_VALUE)) {
      found.put(waiting.id(), store.read(waiting).orElse(new byte[0]));
    }
    int acknowledged = answered.commits();
    var before = after.get(acknowledged);
    var next = commit(acknowledged + 1);
    for (var each : before.entrySet()) {
      byte[] bytes = found.remove(id(each.getKey()));
      if (bytes == null && !next.taken().contains(each.getKey())) {
        return Optional.of("envelope " + each.getKey() + " is lost");
      }
      if (bytes != null && answered.changes().contains(-each.getKey())) {
        return Optional.of("envelope " + each.getKey() + " was taken and is here");
      }
      if (bytes != null && !Arrays.equals(bytes, each.getValue())) {
        return Optional.of("envelope " + each.getKey() + " has other bytes");
      }
    }
    for (var each : next.brought().entrySet()) {
      byte[] bytes = found.remove(each.getValue().id());
      if (bytes == null && answered.changes().contains(each.getKey())) {
        return Optional.of("envelope " + each.getKey() + " of the last commit is lost");
      }
      if (bytes != null && !Arrays.equals(bytes, whole(each.getValue()))) {
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
      var outcome = looked.join();
      if (outcome.isPresent() && outcome.get() instanceof Refused(var why)) {
        throw new MailboxException(why.toString(), null);
      }
      if (!outcome.filter(Gone.class::isInstance).isPresent()) {
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
