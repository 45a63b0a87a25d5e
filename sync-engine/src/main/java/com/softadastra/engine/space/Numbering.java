package com.softadastra.engine.space;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.engine.document.DocumentPatch;
import com.softadastra.engine.document.NumberField;
import com.softadastra.engine.document.SequenceAct;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.LoggedEntry;
import com.softadastra.engine.log.Operation;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/** Gives the numbers that an intent's operations ask for, out of what this replica holds. */
final class Numbering {
  private final SpaceState space;
  private final Reads reads;
  private final Map<String, Ranges> sequences = new HashMap<>();
  // in the order of the operations
  private final TreeMap<String, LinkedHashSet<Long>> taken = new TreeMap<>();

  Numbering(SpaceState space, Reads reads) {
    this.space = space;
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
    var ranges = ranges(sequence);
    var declared =
        ranges
            .declared()
            .orElseThrow(() ->
                new Refused(
                    ProblemCode.SEQUENCE_UNKNOWN, "this space has no sequence " + sequence));
    var numbers = taken.computeIfAbsent(sequence, _ -> new LinkedHashSet<>());
    long number =
        ranges
            .next(space.self(), numbers)
            .orElseThrow(() ->
                new Refused(
                    Problem.of(
                            ProblemCode.RANGE_EXHAUSTED,
                            "this node holds no number of sequence " + sequence)
                        .with("sequence", sequence)));
    numbers.add(number);
    return with(requested, declared.written(number));
  }

  private Ranges ranges(String sequence) {
    return sequences.computeIfAbsent(
        sequence, name -> space.holdings().part(Holdings.key(space.id(), name), reads).ranges());
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
                new SequenceAct.Take(List.copyOf(numbers)).body(),
                null,
                com.softadastra.contracts.documents.Condition.ANY)));
    return acts;
  }

  /**
   * The operations with the numbers that an entry of the same intent took; empty where it took
   * others than they ask for.
   */
  Optional<List<OperationRequest>> replayed(List<OperationRequest> requested, LoggedEntry known) {
    var left = new HashMap<String, ArrayDeque<Long>>();
    for (var operation : known.entry().operations()) {
      if (operation.numbers()
          && operation.change() instanceof Change.Put(var body)
          && SequenceAct.of(body).orElse(null) instanceof SequenceAct.Take(var numbers)) {
        left.put(operation.id(), new ArrayDeque<>(numbers));
      }
    }
    var numbered = new ArrayList<OperationRequest>();
    for (var operation : requested) {
      var asked = operation.number();
      if (asked == null) {
        numbered.add(operation);
        continue;
      }
      var numbers = left.getOrDefault(asked.sequence(), new ArrayDeque<>());
      var declared = ranges(asked.sequence()).declared();
      if (numbers.isEmpty() || declared.isEmpty() || operation.op() == OperationKind.DELETE) {
        return Optional.empty();
      }
      numbered.add(with(operation, declared.get().written(numbers.removeFirst())));
    }
    return left.values().stream().allMatch(ArrayDeque::isEmpty)
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
