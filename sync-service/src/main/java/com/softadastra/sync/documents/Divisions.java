package com.softadastra.sync.documents;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.DocumentShares;
import com.softadastra.contracts.documents.Holder;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.documents.SequenceDefinition;
import com.softadastra.contracts.documents.SequenceView;
import com.softadastra.contracts.documents.ShareMove;
import com.softadastra.engine.document.DocumentState;
import com.softadastra.engine.document.EscrowChange;
import com.softadastra.engine.document.SequenceAct;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.space.Definitions;
import com.softadastra.engine.space.Holdings;
import com.softadastra.engine.space.Ranges;
import com.softadastra.sync.storage.SpaceView;
import com.softadastra.sync.storage.Storage;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Who holds what of divided amounts and of sequences' numbers, and the intents that move it. */
final class Divisions {
  private final Storage storage;
  private final SpaceNames names;

  Divisions(Storage storage, SpaceNames names) {
    this.storage = storage;
    this.names = names;
  }

  /** The document's divided amounts; empty where it doesn't exist. */
  Optional<DocumentShares> shares(String space, String collection, String id) {
    var view = names.view(space);
    var key = new DocumentKey(view.membership().space(), collection, id);
    return storage
        .readers()
        .answer(reader -> {
          var state = reader.document(key);
          if (state == null || !state.exists()) {
            return Optional.empty();
          }
          var definition = Definitions.current(key.space(), collection, reader);
          var shares = Holdings.shares(key, reader);
          var divided = new ArrayList<DocumentShares.Divided>();
          for (var field : EscrowChange.fields(definition)) {
            var body = state.body();
            var amount = body == null ? BigDecimal.ZERO : EscrowChange.amount(body, field);
            var held = shares.of(field);
            held.values().removeIf(share -> share.signum() == 0);
            var sum = held.values().stream().reduce(BigDecimal.ZERO, BigDecimal::add);
            divided.add(
                new DocumentShares.Divided(
                    EscrowChange.name(field),
                    plain(amount),
                    plain(amount.subtract(sum)),
                    held.entrySet().stream()
                        .map(share ->
                            new DocumentShares.Share(
                                holder(share.getKey(), view), plain(share.getValue())))
                        .toList()));
          }
          return Optional.of(new DocumentShares(divided));
        });
  }

  /** Without an exponent, which would be another text for the same number. */
  private static BigDecimal plain(BigDecimal number) {
    return new BigDecimal(number.toPlainString());
  }

  OperationRequest move(String space, String collection, String id, ShareMove move) {
    var view = names.view(space);
    var definition =
        storage
            .readers()
            .answer(reader -> Definitions.current(view.membership().space(), collection, reader));
    if (!EscrowChange.fields(definition).contains(EscrowChange.pointer(move.field()))) {
      throw new Refused(
          Problem.ofField(ProblemCode.INVALID_REQUEST, "field", "is not divided among replicas"));
    }
    var patch = EscrowChange.moving(move.field(), present(move.to(), "to", view), move.amount());
    return new OperationRequest(OperationKind.PATCH, collection, id, null, patch, Condition.ANY);
  }

  /** The sequence; empty where nobody declared it. */
  Optional<SequenceView> sequence(String space, String sequence) {
    var view = names.view(space);
    var ranges = ranges(view, sequence);
    return ranges
        .declared()
        .map(declared -> {
          var held = new ArrayList<SequenceView.Range>();
          for (var replica : ranges.holders()) {
            for (var range : ranges.left(replica)) {
              held.add(new SequenceView.Range(holder(replica, view), range.first(), range.last()));
            }
          }
          return new SequenceView(
              sequence,
              declared.prefix(),
              declared.width(),
              holder(ranges.keeper().orElseThrow(), view),
              ranges.rest(),
              held,
              numbers(ranges.used()),
              numbers(ranges.unused()));
        });
  }

  private Ranges ranges(SpaceView view, String sequence) {
    return storage
        .readers()
        .answer(reader -> Holdings.ranges(view.membership().space(), sequence, reader));
  }

  private static List<SequenceView.Numbers> numbers(List<SequenceAct.Range> ranges) {
    return ranges.stream()
        .map(range -> new SequenceView.Numbers(range.first(), range.last()))
        .toList();
  }

  IntentRequest declaration(String space, String sequence, SequenceDefinition definition) {
    return act(
        space,
        sequence,
        new SequenceAct.Declare(definition.prefix(), definition.width()),
        new Condition(Condition.Kind.ABSENT, List.of()),
        null,
        null);
  }

  /** The intent that allots numbers, on what is there; the same again where it is recorded. */
  IntentRequest allotment(String space, String sequence, SequenceView.Allotment allotment) {
    var view = names.view(space);
    var self = view.self();
    var asked = allotment.to();
    var to = asked == null ? self : present(asked, "node", view);
    var recorded = recorded(view, allotment.intent(), sequence, to, allotment.count());
    if (recorded.isPresent()) {
      return act(
          space, sequence, recorded.get(), Condition.ANY, allotment.intent(), allotment.actor());
    }
    var key = Holdings.key(view.membership().space(), sequence);
    record Found(@Nullable DocumentState state, Ranges ranges) {}
    var found =
        storage
            .readers()
            .answer(reader ->
                new Found(reader.document(key), Holdings.ranges(key.space(), sequence, reader)));
    var state = found.state();
    if (state == null || found.ranges().declared().isEmpty()) {
      throw unknown(sequence);
    }
    var ranges =
        found
            .ranges()
            .allottable(self, to, allotment.count())
            .orElseThrow(() ->
                new Refused(
                    Problem.of(
                            ProblemCode.RANGE_EXHAUSTED,
                            "this node doesn't hold that many numbers of sequence " + sequence)
                        .with("sequence", sequence)));
    return act(
        space,
        sequence,
        new SequenceAct.Allot(to, ranges),
        new Condition(Condition.Kind.MATCH, List.of(state.version().toString())),
        allotment.intent(),
        allotment.actor());
  }

  private Optional<SequenceAct> recorded(
      SpaceView view, @Nullable String intent, String sequence, Replica to, long count) {
    return intent == null
        ? Optional.empty()
        : storage
            .readers()
            .answer(reader -> reader.intent(view.membership().space(), intent))
            .flatMap(logged -> allotted(logged, sequence))
            .filter(allot ->
                allot.to().equals(to)
                    && allot.ranges().stream().mapToLong(SequenceAct.Range::count).sum() == count)
            .map(allot -> allot);
  }

  private static Optional<SequenceAct.Allot> allotted(LoggedEntry logged, String sequence) {
    var operation = logged.entry().operations().getFirst();
    return operation.numbers()
            && operation.id().equals(sequence)
            && operation.change() instanceof com.softadastra.engine.log.Change.Put(var body)
            && SequenceAct.of(body).orElse(null) instanceof SequenceAct.Allot allot
        ? Optional.of(allot)
        : Optional.empty();
  }

  private static IntentRequest act(
      String space,
      String sequence,
      SequenceAct act,
      Condition condition,
      @Nullable String intent,
      @Nullable String actor) {
    var operation =
        new OperationRequest(
            OperationKind.PUT, Operation.SEQUENCES, sequence, act.body(), null, condition);
    return new IntentRequest(space, intent, actor, Priority.NORMAL, List.of(operation));
  }

  static Refused unknown(String sequence) {
    return new Refused(ProblemCode.SEQUENCE_UNKNOWN, "this space has no sequence " + sequence);
  }

  /** A node's replica, as far as is known: as it last said itself, or last wrote. */
  private Replica present(NodeId node, String field, SpaceView view) {
    if (node.equals(view.self().node())) {
      return view.self();
    }
    if (view.membership().member(node).isEmpty()) {
      throw new Refused(
          Problem.ofField(ProblemCode.INVALID_REQUEST, field, "is no member of this space"));
    }
    return said(node, view)
        .or(() -> wrote(node, view))
        .orElseThrow(() ->
            new Refused(
                ProblemCode.PEER_UNREACHABLE,
                "nothing is known of " + node + " yet that could hold a share"));
  }

  private Optional<Replica> said(NodeId node, SpaceView view) {
    return storage
        .recording()
        .ledger()
        .by(view.membership().space(), node)
        .map(known -> known.statement().by());
  }

  private static Optional<Replica> wrote(NodeId node, SpaceView view) {
    return view.chains().entrySet().stream()
        .filter(chain -> chain.getKey().node().equals(node) && !chain.getValue().branch())
        .max(Comparator.comparingLong(chain -> chain.getValue().position()))
        .map(Map.Entry::getKey);
  }

  private Holder holder(Replica replica, SpaceView view) {
    Holder.State state;
    if (replica.node().equals(view.self().node())) {
      state = replica.equals(view.self()) ? Holder.State.OWN : Holder.State.STRANDED;
    } else {
      state =
          said(replica.node(), view).filter(other -> !other.equals(replica)).isPresent()
              ? Holder.State.STRANDED
              : Holder.State.CURRENT;
    }
    return new Holder(replica.node(), replica.incarnation(), state);
  }
}
