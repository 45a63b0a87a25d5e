package com.softadastra.sync.documents;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.DeliveryState;
import com.softadastra.contracts.documents.Receipt;
import com.softadastra.contracts.documents.ReceiptState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.space.DocumentUpdate;
import com.softadastra.engine.space.Membership;
import com.softadastra.sync.storage.Ledger;
import com.softadastra.sync.storage.Recording;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How far an intent has come, by what those members have said to have that are counted on. */
public final class Receipts {
  private final Recording recording;
  private final NodeId self;
  private final Function<NodeId, LinkState> links;
  private final Custody custody;

  /**
   * How the way to a member stands.
   *
   * @param connected whether it can be reached now
   */
  public record LinkState(boolean connected, int attempts, @Nullable String error) {}

  /** What relays have signed for. */
  public interface Custody {
    /** What covers a position of a space's log, for a member. */
    Optional<Kept> of(SpaceId space, NodeId member, long position);

    /**
     * A relay has it.
     *
     * @param at when it signed, by its clock
     */
    record Kept(NodeId relay, Instant at) {}
  }

  public Receipts(
      Recording recording, NodeId self, Function<NodeId, LinkState> links, Custody custody) {
    this.recording = recording;
    this.self = self;
    this.links = links;
    this.custody = custody;
  }

  public ReceiptState state(LoggedEntry logged) {
    var others = others(logged);
    if (others.stream().noneMatch(member -> has(member, logged))) {
      return others.stream().anyMatch(member -> kept(member, logged).isPresent())
          ? ReceiptState.IN_CUSTODY
          : ReceiptState.RECORDED;
    }
    // who joined later gets it too, but is not waited for
    var then = recording.view(logged.entry().space()).orElseThrow().membership();
    return others.stream()
            .filter(member -> then.belonged(member.node(), logged.entry().authority()))
            .allMatch(member -> has(member, logged))
        ? ReceiptState.EVERYWHERE
        : ReceiptState.DELIVERED;
  }

  /**
   * The receipt of an intent.
   *
   * @param disputed whether a document of the intent has a conflict
   */
  public Receipt of(String space, LoggedEntry logged, Predicate<DocumentKey> disputed) {
    var intent = Objects.requireNonNull(logged.entry().intent());
    var operations = new ArrayList<Receipt.OperationReceipt>();
    for (var operation : intent.operations()) {
      if (operation.isReserved()) {
        continue;
      }
      var key = new DocumentKey(logged.entry().space(), operation.collection(), operation.id());
      var version = DocumentUpdate.version(logged, operation);
      operations.add(
          new Receipt.OperationReceipt(
              key.collection(), key.id(), version.toString(), disputed.test(key)));
    }
    return new Receipt(
        intent.id(),
        space,
        logged.position(),
        state(logged),
        logged.recordedAt(),
        operations,
        others(logged).stream().map(member -> delivery(member, logged)).toList());
  }

  private Receipt.Delivery delivery(Membership.Member member, LoggedEntry logged) {
    var known = recording.ledger().by(logged.entry().space(), member.node());
    var entry = logged.entry();
    // by an entry of its own it says that it has that one
    boolean wrote = entry.author().node().equals(member.node());
    var asOf =
        Stream.concat(
                known.stream().map(k -> k.statement().clock()),
                wrote ? Stream.of(entry.clock()) : Stream.of())
            .max(Comparator.naturalOrder())
            .map(Instant::ofEpochMilli)
            .orElse(null);
    if (has(member, logged)) {
      return new Receipt.Delivery(
          member.node(),
          member.name(),
          DeliveryState.DELIVERED,
          asOf,
          known.map(Ledger.Known::via).orElse(null),
          0,
          null,
          asOf);
    }
    var link = links.apply(member.node());
    var kept = kept(member, logged);
    if (kept.isPresent() && !link.connected()) {
      return new Receipt.Delivery(
          member.node(),
          member.name(),
          DeliveryState.IN_CUSTODY,
          kept.get().at(),
          kept.get().relay(),
          link.attempts(),
          link.error(),
          asOf);
    }
    var state = link.connected() ? DeliveryState.IN_FLIGHT : DeliveryState.QUEUED;
    return new Receipt.Delivery(
        member.node(), member.name(), state, null, null, link.attempts(), link.error(), asOf);
  }

  private Optional<Custody.Kept> kept(Membership.Member member, LoggedEntry logged) {
    return custody.of(logged.entry().space(), member.node(), logged.position());
  }

  private boolean has(Membership.Member member, LoggedEntry logged) {
    return recording.ledger().has(logged.entry().space(), member.node(), logged.dot());
  }

  private List<Membership.Member> others(LoggedEntry logged) {
    return recording
        .view(logged.entry().space())
        .map(view ->
            view.membership().active().stream().filter(m -> !m.node().equals(self)).toList())
        .orElse(List.of());
  }
}
