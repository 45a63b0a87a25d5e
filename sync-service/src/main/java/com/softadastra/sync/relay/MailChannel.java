package com.softadastra.sync.relay;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.time.Serial;
import com.softadastra.contracts.time.Surroundings;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.envelope.Custody;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.MailFrame;
import com.softadastra.engine.envelope.Passage;
import com.softadastra.engine.space.ChainHead;
import com.softadastra.engine.space.Membership;
import com.softadastra.sync.envelope.Envelopes;
import com.softadastra.sync.peer.CustodyMark.Way;
import com.softadastra.sync.storage.Recording;
import com.softadastra.sync.storage.SpaceView;
import com.softadastra.sync.storage.StorageException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;

/**
 * A connection to a relay. It brings what members lack that are not in reach, one envelope for each
 * of them at a time, the next when the relay has signed for the one before; and it takes in what is
 * there for this node, one after the other. Everything happens in steps, one after the other.
 *
 * <p>That the relay has signed for something is no delivery. Once it has nothing of it left, the
 * member should soon say that it has it; where it doesn't, it was lost on the way and is brought
 * again.
 *
 * <p>Any thread may tell it something.
 */
final class MailChannel {
  private static final Logger LOG = LoggerFactory.getLogger(MailChannel.class);

  /** How long a relay keeps an envelope that nobody fetches. */
  static final Duration LIFE = Duration.ofDays(30);

  /** How long the relay may take to be found and to welcome. */
  private static final Duration CALL = Duration.ofSeconds(30);

  /** How long what can't be sealed now, or is refused for good, is not tried again. */
  private static final Duration PAUSE = Duration.ofMinutes(10);

  /** Envelopes that wait for the relay's signature, each for another member. */
  private static final int UNDERWAY = 4;

  /** The shortest pause that a relay can ask for. */
  private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(1);

  /** Frames asked of the relay ahead, any of which may be as large as can be. */
  private static final int WINDOW = 4;

  private final NodeId relay;
  private final Recording recording;
  private final Envelopes envelopes;
  private final CustodyBook custody;
  private final Grace grace;
  private final Predicate<NodeId> isFor;
  private final Surroundings surroundings;
  private final Runnable connected;
  private final Serial steps;
  private final Sinks.Many<byte[]> out = Sinks.many().unicast().onBackpressureBuffer();
  private final CompletableFuture<End> end = new CompletableFuture<>();
  private final AtomicBoolean due = new AtomicBoolean();

  /** Members that were connected to the relay when it last signed for something of theirs. */
  private final Set<NodeId> there = ConcurrentHashMap.newKeySet();

  private volatile boolean welcome;

  // of the steps alone
  private final Map<Way, Bringing> bringing = new HashMap<>();
  private final Map<Way, Long> pausedUntilNanos = new HashMap<>();

  /** Whose marks are being emptied: until that is forced they stand where nothing is. */
  private final Set<Way> losing = new HashSet<>();

  /** Of which something has lapsed: what is left is of no use, and more would not go with it. */
  private final Set<Way> lapsing = new HashSet<>();

  /** To whom this node has to say what it has, though its log has not grown. */
  private final Set<Way> wordDue = new HashSet<>();

  /** Where to begin next, so that all get their turn. */
  private int turn;

  private final ArrayDeque<Envelope> mail = new ArrayDeque<>();
  private byte[] mailboxes = {};
  private boolean opening;
  private @Nullable Subscription incoming;

  private record End(String why, boolean onPurpose) {}

  /** What is brought to a member, and the envelope of it that waits for the relay's signature. */
  private static final class Bringing {
    final Envelopes.Sealed sealed;
    final @Nullable Incarnation life;
    byte @Nullable [] id;
    Hash hash = Hash.ZERO;

    Bringing(Envelopes.Sealed sealed, @Nullable Incarnation life) {
      this.sealed = sealed;
      this.life = life;
    }
  }

  /**
   * @param isFor whether what a member lacks is to go by relays
   * @param connected is called when the relay has welcomed this node
   */
  MailChannel(
      NodeId relay,
      Recording recording,
      Envelopes envelopes,
      CustodyBook custody,
      Grace grace,
      Predicate<NodeId> isFor,
      Surroundings surroundings,
      Runnable connected) {
    this.relay = relay;
    this.recording = recording;
    this.envelopes = envelopes;
    this.custody = custody;
    this.grace = grace;
    this.isFor = isFor;
    this.surroundings = surroundings;
    this.connected = connected;
    this.steps = new Serial(surroundings.schedule());
  }

  /** Whether the relay serves this node. */
  boolean isWelcome() {
    return welcome && !end.isDone();
  }

  /** Whether a member was connected to the relay when it was heard of last. */
  boolean reaches(NodeId member) {
    return isWelcome() && there.contains(member);
  }

  /** There may be something to bring. */
  void signal() {
    if (due.compareAndSet(false, true)) {
      step(this::bring);
    }
  }

  /** Calls the relay. */
  void open(Function<Flux<byte[]>, Flux<byte[]>> link) {
    var patience =
        surroundings
            .schedule()
            .after(
                CALL,
                () ->
                    step(() -> {
                      if (!welcome) {
                        close("the relay has not welcomed this node", false);
                      }
                    }));
    onEnd((_, _) -> patience.cancel());
    step(() -> {
      send(new MailFrame.Arrival(passages()));
      link.apply(out.asFlux()).subscribe(new Incoming());
    });
  }

  private List<MailFrame.Arrival.Shown> passages() {
    return served()
        .map(SpaceView::membership)
        .map(Membership::space)
        .sorted()
        .limit(MailFrame.SPACES)
        .map(space ->
            new MailFrame.Arrival.Shown(
                Envelope.pseudonym(space), Passage.sign(space, envelopes.node())))
        .toList();
  }

  /** The spaces that the relay serves, and this node is a member of. */
  private Stream<SpaceView> served() {
    return recording.views().values().stream()
        .filter(view ->
            view.membership().relay(relay).isPresent()
                && view.membership().member(envelopes.node()).isPresent());
  }

  private final class Incoming extends BaseSubscriber<byte[]> {
    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      step(() -> incoming = subscription);
      subscription.request(WINDOW);
    }

    @Override
    protected void hookOnNext(byte[] frame) {
      step(() -> take(frame));
    }

    @Override
    protected void hookOnComplete() {
      step(() -> close("the relay ended the connection", false));
    }

    @Override
    protected void hookOnError(Throwable cause) {
      step(() -> close(String.valueOf(cause.getMessage()), false));
    }
  }

  private void step(Runnable step) {
    steps.execute(() -> {
      try {
        step.run();
      } catch (Malformed e) {
        close(relay + " sent what is no mail: " + e.getMessage(), true);
      } catch (StorageException e) {
        LOG.warn("the connection to relay {} ends: {}", relay, e.getMessage());
        close(String.valueOf(e.getMessage()), true);
      } catch (RuntimeException e) {
        LOG.warn("the connection to relay {} ends", relay, e);
        close(String.valueOf(e.getMessage()), true);
      }
    });
  }

  private void send(MailFrame frame) {
    // the transport may have given up before it says so
    if (!end.isDone() && out.tryEmitNext(frame.encode()) != Sinks.EmitResult.OK) {
      close("the connection to the relay is gone", false);
    }
  }

  /** Counts as closed from now on. */
  void close(String why, boolean onPurpose) {
    if (end.complete(new End(why, onPurpose))) {
      steps.execute(() -> {
        out.tryEmitComplete();
        if (incoming != null) {
          incoming.cancel();
        }
      });
    }
  }

  /** Tells when it is closed: why, and whether that was on purpose. */
  void onEnd(BiConsumer<String, Boolean> listener) {
    var _ = end.thenAccept(it -> listener.accept(it.why(), it.onPurpose()));
  }

  // ---- frames of the relay

  private void take(byte[] bytes) {
    if (end.isDone()) {
      return;
    }
    var frame = MailFrame.decode(bytes);
    if (!welcome && !(frame instanceof MailFrame.Welcome || frame instanceof MailFrame.Farewell)) {
      throw new Malformed("something before a welcome");
    }
    if (welcome && frame instanceof MailFrame.Welcome) {
      throw new Malformed("a second welcome");
    }
    switch (frame) {
      case MailFrame.Welcome it -> welcomed(it);
      case MailFrame.Kept it -> kept(it);
      case MailFrame.Refused it -> refused(it);
      case MailFrame.Mail(var envelope) -> {
        mail.add(Envelope.decode(envelope));
        openNext();
        return;
      }
      case MailFrame.Left it -> left(it);
      case MailFrame.Farewell(var reason) ->
          close("the relay ended the connection: " + reason, true);
      case MailFrame.OfMember _ -> throw new Malformed("a frame that members send");
    }
    ask();
  }

  private void ask() {
    if (incoming != null) {
      incoming.request(1);
    }
  }

  private void welcomed(MailFrame.Welcome frame) {
    var key =
        served()
            .flatMap(view -> view.membership().relay(relay).stream())
            .findFirst()
            .map(Membership.Relay::key);
    if (key.isEmpty() || !Custody.certifies(frame.certificate(), frame.mailboxes(), key.get())) {
      throw new Malformed("mailboxes that the relay has not certified");
    }
    mailboxes = frame.mailboxes();
    welcome = true;
    connected.run();
    var left = new HashMap<Way, MailFrame.Left>();
    frame.left().forEach(some -> way(some).ifPresent(way -> left.put(way, some)));
    for (var way : custody.ways(relay)) {
      if (custody.isOfOthers(way, mailboxes)) {
        lostNow(way, "the relay has lost its mailboxes");
      } else if (!left.containsKey(way)) {
        grace.begin(way);
      }
    }
    signal();
  }

  private Optional<Way> way(MailFrame.Left left) {
    return served()
        .map(view -> view.membership().space())
        .filter(space -> Envelope.pseudonym(space).equals(left.pseudonym()))
        .findFirst()
        .map(space -> new Way(space, left.to(), relay));
  }

  private void left(MailFrame.Left frame) {
    way(frame)
        .ifPresent(way -> {
          if (frame.lapsed() > 0) {
            lapsing.add(way);
            lostNow(way, frame.lapsed() + " envelopes were not fetched in time");
          }
          if (frame.envelopes() == 0) {
            lapsing.remove(way);
            if (frame.lapsed() == 0) {
              there.add(way.to());
              grace.begin(way);
            }
            signal();
          }
        });
  }

  /** What a relay had is not there any more, and the member has not got it. */
  void lost(Way way, String why) {
    step(() -> lostNow(way, why));
  }

  private void lostNow(Way way, String why) {
    LOG.info(
        "what {} lacks of space {} is brought to {} again: {}", way.to(), way.space(), relay, why);
    bringing.remove(way);
    losing.add(way);
    var _ =
        custody
            .lost(way)
            .whenComplete((_, _) ->
                step(() -> {
                  losing.remove(way);
                  signal();
                }));
  }

  // ---- to the relay

  private void bring() {
    due.set(false);
    if (!isWelcome()) {
      return;
    }
    var ways = new ArrayList<Map.Entry<Way, Long>>();
    for (var view : served().toList()) {
      long last = last(view);
      for (var member : view.membership().members()) {
        var way = new Way(view.membership().space(), member.node(), relay);
        if (isFor.test(member.node()) && isOwed(member, way)) {
          ways.add(Map.entry(way, last));
        } else {
          forget(way);
        }
      }
    }
    int begin = turn++;
    for (int i = 0; i < ways.size() && underway() < UNDERWAY; i++) {
      var way = ways.get(Math.floorMod(begin + i, ways.size()));
      bring(way.getKey(), way.getValue());
    }
  }

  /**
   * One that was retired gets what it lacks only where it shows by what it sends that it is there.
   */
  private boolean isOwed(Membership.Member member, Way way) {
    return !member.retired() || wordDue.contains(way) || bringing.containsKey(way);
  }

  private static long last(SpaceView view) {
    return view.chains().values().stream().mapToLong(ChainHead::position).max().orElse(0);
  }

  /** The member is in reach: it gets all by another way. */
  private void forget(Way way) {
    wordDue.remove(way);
    bringing.computeIfPresent(way, (_, brought) -> brought.id == null ? null : brought);
  }

  private long underway() {
    return bringing.values().stream().filter(it -> it.id != null).count();
  }

  private void bring(Way way, long last) {
    var standing = bringing.get(way);
    if (isPaused(way)
        || losing.contains(way)
        || lapsing.contains(way)
        || (standing != null && standing.id != null)) {
      return;
    }
    try {
      if (standing == null || !standing.sealed.hasNext()) {
        bringing.remove(way);
        // more may have been written since that was begun
        long upTo = custody.upTo(way);
        if (!wordDue.remove(way) && last <= upTo) {
          return;
        }
        var life = custody.life(way.space(), way.to());
        standing = new Bringing(envelopes.sealForRelay(way.space(), way.to(), upTo, LIFE), life);
        bringing.put(way, standing);
      }
      var envelope = standing.sealed.next();
      standing.id = envelope.outside().id();
      standing.hash = envelope.hash();
      send(new MailFrame.Deposit(envelope.encode()));
    } catch (Refused e) {
      // what can't be read, or sealed, may be healed
      bringing.remove(way);
      pause(way, PAUSE);
      LOG.warn("nothing can be brought to {} for {}: {}", relay, way.to(), e.getMessage());
    }
  }

  private boolean isPaused(Way way) {
    var until = pausedUntilNanos.get(way);
    return until != null && until - surroundings.schedule().nanoTime() > 0;
  }

  private void pause(Way way, Duration time) {
    pausedUntilNanos.put(way, surroundings.schedule().nanoTime() + time.toNanos());
    surroundings.schedule().after(time, this::signal);
  }

  private Optional<Map.Entry<Way, Bringing>> underway(byte[] id) {
    return bringing.entrySet().stream()
        .filter(it -> Arrays.equals(it.getValue().id, id))
        .findFirst();
  }

  private void kept(MailFrame.Kept frame) {
    var signed = frame.custody().verified(mailboxes);
    var found = underway(signed.id());
    if (found.isEmpty()) {
      return;
    }
    var way = found.get().getKey();
    var brought = found.get().getValue();
    if (!signed.envelope().equals(brought.hash) || !signed.to().equals(way.to())) {
      throw new Malformed("a custody receipt for another envelope");
    }
    if (frame.there()) {
      there.add(way.to());
    } else {
      there.remove(way.to());
    }
    var _ =
        custody
            .signed(
                way,
                brought.life,
                mailboxes,
                reached(brought.sealed),
                Instant.ofEpochMilli(signed.at()),
                frame.custody())
            .whenComplete((_, failure) ->
                step(() -> {
                  brought.id = null;
                  if (failure != null) {
                    close(String.valueOf(failure.getMessage()), true);
                  }
                  signal();
                }));
  }

  /** The end of the log, where nothing more is to be brought. */
  private static long reached(Envelopes.Sealed sealed) {
    long reached = sealed.reached();
    try {
      return sealed.hasNext() ? reached : sealed.reached();
    } catch (Refused _) {
      // is met again when more is brought
      return reached;
    }
  }

  private void refused(MailFrame.Refused frame) {
    underway(frame.id())
        .ifPresent(found -> {
          var way = found.getKey();
          bringing.remove(way);
          pause(
              way,
              frame.retryMillis() == 0
                  ? PAUSE
                  : Duration.ofMillis(
                      Math.clamp(
                          frame.retryMillis(), SHORTEST_PAUSE.toMillis(), PAUSE.toMillis())));
          LOG.warn("{} doesn't keep what {} lacks: {}", relay, way.to(), frame.reason());
          signal();
        });
  }

  // ---- mail for this node

  private void openNext() {
    var envelope = mail.peek();
    if (opening || envelope == null || end.isDone()) {
      return;
    }
    opening = true;
    long before = end(envelope.outside().pseudonym());
    var _ =
        envelopes
            .open(envelope)
            .whenComplete((opened, failure) ->
                step(() -> {
                  opening = false;
                  if (end.isDone()) {
                    return;
                  }
                  if (failure == null) {
                    taken(opened, before);
                  } else if (!isOfNoUse(failure)) {
                    close(String.valueOf(failure.getMessage()), true);
                    return;
                  } else {
                    LOG.warn(
                        "an envelope of {} by {} is of no use: {}",
                        envelope.outside().sender(),
                        relay,
                        failure.getMessage());
                  }
                  mail.remove();
                  send(new MailFrame.Taken(envelope.outside().id()));
                  ask();
                  openNext();
                }));
  }

  private void taken(Envelopes.Opened opened, long before) {
    opened
        .refused()
        .forEach((author, why) ->
            LOG.warn("of what {} sent by {}, {}: {}", opened.from(), relay, author, why));
    boolean grown = recording.view(opened.space()).filter(it -> last(it) > before).isPresent();
    if (!opened.refused().isEmpty() || (opened.entries() > 0 && !grown)) {
      // its sender would not have sent that, had it heard what is here
      wordDue.add(new Way(opened.space(), opened.from(), relay));
      signal();
    }
  }

  /** The last position of a space's log. */
  private long end(Hash pseudonym) {
    return served()
        .filter(view -> Envelope.pseudonym(view.membership().space()).equals(pseudonym))
        .mapToLong(MailChannel::last)
        .max()
        .orElse(0);
  }

  /** Where it could be taken in later, the relay is to keep it. */
  private static boolean isOfNoUse(Throwable failure) {
    var cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    return switch (cause) {
      case Malformed _ -> true;
      case Refused refused -> !refused.problem().code().retryable();
      default -> false;
    };
  }
}
