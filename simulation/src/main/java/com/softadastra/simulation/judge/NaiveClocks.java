package com.softadastra.simulation.judge;

import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.log.DocumentKey;
import com.softadastra.engine.log.Operation;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;

/** Whose clock members have called suspect, read from the bodies of the documents that say so. */
final class NaiveClocks {
  private NaiveClocks() {}

  static DocumentKey key(SpaceId space, Replica author) {
    return new DocumentKey(space, Operation.CLOCKS, author.node() + "." + author.incarnation());
  }

  /**
   * Whether somebody calls the author suspect at a sequence.
   *
   * @param bodies of the heads of the author's document
   */
  static boolean suspect(List<JsonText> bodies, long sequence) {
    var byNode = new HashMap<String, List<Json>>();
    for (var body : bodies) {
      ((Json.Obj) Objects.requireNonNull(body.read().get("boundaries")))
          .members()
          .forEach((node, list) -> {
            var said = ((Json.Arr) list).items();
            // who says more says it later
            if (byNode.getOrDefault(node, List.of()).size() <= said.size()) {
              byNode.put(node, said);
            }
          });
    }
    for (var said : byNode.values()) {
      boolean suspect = false;
      for (var from : said) {
        if (Long.parseLong(((Json.Num) from).text()) <= sequence) {
          suspect = !suspect;
        }
      }
      if (suspect) {
        return true;
      }
    }
    return false;
  }
}
