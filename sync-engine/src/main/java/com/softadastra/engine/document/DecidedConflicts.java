package com.softadastra.engine.document;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.document.Decided.Standing;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.DocumentKey;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A document's decided conflicts, and what later operations do to them. */
final class DecidedConflicts {
  private final DocumentKey key;
  private final TreeMap<Hash, Decided> byLoser = new TreeMap<>();
  // named by operations that came before what they name was decided
  private final Set<Hash> undone = new HashSet<>();

  DecidedConflicts(DocumentKey key, List<Decided> decided) {
    this.key = key;
    decided.forEach(conflict -> byLoser.put(conflict.loser(), conflict));
  }

  /** An operation that knows all of them, made on that body under that definition. */
  void meet(Change change, @Nullable JsonText before, Definition definition) {
    if (change instanceof Change.Undo(var conflict, _)) {
      undone.add(conflict);
    }
    if (byLoser.values().stream().anyMatch(Decided::stands)) {
      // whoever puts the whole document has seen what there was to doubt
      var fields =
          definition.merges() && before != null && !change.deletes()
              ? Effects.of(change, before.read(), definition).stream().map(Effect::field).toList()
              : List.of(Pointer.WHOLE);
      byLoser.replaceAll((_, each) ->
          each.stands()
                  && (each.doubted() && change.isWhole() || fields.stream().anyMatch(each::touches))
              ? each.with(Standing.OVERWRITTEN)
              : each);
    }
    markUndone();
  }

  void add(List<Decided> more) {
    more.forEach(conflict -> byLoser.put(conflict.loser(), conflict));
    markUndone();
  }

  private void markUndone() {
    if (!undone.isEmpty()) {
      byLoser.replaceAll((loser, each) ->
          undone.contains(Decided.conflictId(key, loser)) ? each.with(Standing.UNDONE) : each);
    }
  }

  List<Decided> all() {
    return List.copyOf(byLoser.values());
  }
}
