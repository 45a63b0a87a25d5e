package com.softadastra.sync.documents;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.documents.DeliveryState;
import com.softadastra.contracts.documents.Receipt;
import com.softadastra.contracts.documents.ReceiptState;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.space.DocumentUpdate;
import com.softadastra.engine.space.Membership;
import com.softadastra.sync.storage.Ledger;
import com.softadastra.sync.storage.Storage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** How far an intent has come, by what the members have said to have. */
public final class Receipts {
  private final Storage storage;
  private final NodeId self;
  private final Function<NodeId, LinkState> links;

  /**
   * How the way to a member stands.
   *
   * @param connected whether it can be reached now
   */
  public record LinkState(boolean connected, int attempts, @Nullable String error) {}

  public Receipts(Storage storage, NodeId self, Function<NodeId, LinkState> links) {
    this.storage = storage;
    this.self = self;
    this.links = links;
  }

  public ReceiptState state(LoggedEntry logged) {
    var others = others(logged);
    long having = others.stream().filter(member -> has(member, logged)).count();
    if (having == 0) {
      return ReceiptState.RECORDED;
    }
    return having == others.size() ? ReceiptState.EVERYWHERE : ReceiptState.DELIVERED;
  }

  /** The receipt of an intent as its documents stand now. */
  public Receipt of(String space, LoggedEntry logged) {
    return storage
        .readers()
        .read(reader ->
            of(
                space,
                logged,
                key -> {
                  var state = reader.document(key);
                  return state != null && state.conflicted();
                }));
  }

  /**
   * @param disputed whether a document of the intent has a conflict
   */
  Receipt of(String space, LoggedEntry logged, Predicate<DocumentKey> disputed) {
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
    var known = storage.recording().ledger().by(logged.entry().space(), member.node());
    if (has(member, logged)) {
      long at = known.map(k -> k.statement().clock()).orElse(logged.entry().clock());
      return new Receipt.Delivery(
          member.node(),
          member.name(),
          DeliveryState.DELIVERED,
          Instant.ofEpochMilli(at),
          known.map(Ledger.Known::via).orElse(null),
          0,
          null);
    }
    var link = links.apply(member.node());
    var state = link.connected() ? DeliveryState.IN_FLIGHT : DeliveryState.QUEUED;
    return new Receipt.Delivery(
        member.node(), member.name(), state, null, null, link.attempts(), link.error());
  }

  private boolean has(Membership.Member member, LoggedEntry logged) {
    return storage.recording().ledger().has(logged.entry().space(), member.node(), logged.dot());
  }

  private List<Membership.Member> others(LoggedEntry logged) {
    return storage
        .recording()
        .view(logged.entry().space())
        .map(view ->
            view.membership().members().stream().filter(m -> !m.node().equals(self)).toList())
        .orElse(List.of());
  }
}
