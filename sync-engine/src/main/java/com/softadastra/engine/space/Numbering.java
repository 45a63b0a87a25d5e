package com.softadastra.engine.space;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.engine.document.DocumentPatch;
import com.softadastra.engine.document.NumberField;
import com.softadastra.engine.document.SequenceAct;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/** Gives the numbers that an intent's operations ask for, out of what this replica holds. */
final class Numbering {
  private final SpaceId space;
  private final Replica self;
  private final Reads reads;
  private final Map<String, Ranges> sequences = new HashMap<>();
  private final TreeMap<String, List<Long>> taken = new TreeMap<>();

  Numbering(SpaceId space, Replica self, Reads reads) {
    this.space = space;
    this.self = self;
    this.reads = reads;
  }

  /** The operation with the number that it asks for. */
  OperationRequest numbered(OperationRequest requested) {
    var asked = requested.number();
    if (asked == null) {
      return requested;
    }
    if (requested.op() == OperationKind.DELETE) {
      throw new Refused(
          Problem.ofField(ProblemCode.INVALID_REQUEST, "number", "a deletion has none"));
    }
    var sequence = asked.sequence();
    var ranges = sequences.computeIfAbsent(sequence, name -> Holdings.ranges(space, name, reads));
    var declared =
        ranges
            .declared()
            .orElseThrow(() ->
                new Refused(
                    ProblemCode.SEQUENCE_UNKNOWN, "this space has no sequence " + sequence));
    var numbers = taken.computeIfAbsent(sequence, _ -> new ArrayList<>());
    long number =
        ranges
            .next(self, numbers)
            .orElseThrow(() ->
                new Refused(
                    Problem.of(
                            ProblemCode.RANGE_EXHAUSTED,
                            "this node holds no number of sequence " + sequence)
                        .with("sequence", sequence)));
    numbers.add(number);
    return with(requested, declared.written(number));
  }

  /** The operations on the sequences themselves that belong to the same intent. */
  List<OperationRequest> acts() {
    var acts = new ArrayList<OperationRequest>();
    taken.forEach((sequence, numbers) ->
        acts.add(
            new OperationRequest(
                OperationKind.PUT,
                Operation.SEQUENCES,
                sequence,
                new SequenceAct.Take(numbers).body(),
                null,
                com.softadastra.contracts.documents.Condition.ANY)));
    return acts;
  }

  /**
   * The operations with the numbers that an entry of the same intent took; empty where it took
   * others than they ask for.
   */
  static Optional<List<OperationRequest>> replayed(
      List<OperationRequest> requested, LoggedEntry known, Reads reads) {
    var left = new HashMap<String, List<Long>>();
    for (var operation : known.entry().operations()) {
      if (operation.numbers()
          && operation.change() instanceof Change.Put(var body)
          && SequenceAct.of(body).orElse(null) instanceof SequenceAct.Take(var numbers)) {
        left.put(operation.id(), new ArrayList<>(numbers));
      }
    }
    var numbered = new ArrayList<OperationRequest>();
    for (var operation : requested) {
      var asked = operation.number();
      if (asked == null) {
        numbered.add(operation);
        continue;
      }
      var numbers = left.getOrDefault(asked.sequence(), List.of());
      var declared = Holdings.ranges(known.entry().space(), asked.sequence(), reads).declared();
      if (numbers.isEmpty() || declared.isEmpty() || operation.op() == OperationKind.DELETE) {
        return Optional.empty();
      }
      numbered.add(with(operation, declared.get().written(numbers.removeFirst())));
    }
    return left.values().stream().allMatch(List::isEmpty)
        ? Optional.of(numbered)
        : Optional.empty();
  }

  private static OperationRequest with(OperationRequest requested, String number) {
    var field = Objects.requireNonNull(requested.number()).field();
    try {
      return new OperationRequest(
          requested.op(),
          requested.collection(),
          requested.id(),
          requested.body() == null ? null : NumberField.in(requested.body(), field, number),
          requested.patch() == null ? null : NumberField.in(requested.patch(), field, number),
          requested.condition(),
          requested.undoes());
    } catch (DocumentPatch.NotApplicable e) {
      throw new Refused(ProblemCode.PATCH_NOT_APPLICABLE, String.valueOf(e.getMessage()));
    }
  }
}
