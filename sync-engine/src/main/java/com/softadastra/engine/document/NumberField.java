package com.softadastra.engine.document;

import com.softadastra.contracts.documents.PatchBody;
import com.softadastra.contracts.documents.PatchBody.Notation;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonText;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes a sequence's number into what an operation writes. A field that leads through something
 * that is no object is {@link DocumentPatch.NotApplicable}.
 */
public final class NumberField {
  private NumberField() {}

  public static JsonText in(JsonText body, String field, String number) {
    var set = Json.object(Map.of("set", Json.object(Map.of(field, new Json.Str(number)))));
    return DocumentPatch.apply(Notation.FIELDS, JsonText.of(set), body);
  }

  public static PatchBody in(PatchBody patch, String field, String number) {
    return switch (patch.notation()) {
      case MERGE -> new PatchBody(Notation.MERGE, in(patch.text(), field, number));
      case FIELDS -> {
        var parts = new TreeMap<>(patch.text().read().members());
        var set =
            parts.get("set") instanceof Json.Obj(var members)
                ? new TreeMap<>(members)
                : new TreeMap<String, Json>();
        set.put(field, new Json.Str(number));
        parts.put("set", Json.object(set));
        yield new PatchBody(Notation.FIELDS, JsonText.of(Json.object(parts)));
      }
    };
  }
}
