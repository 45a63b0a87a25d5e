package com.softadastra.runtime.documents;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonText;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * How much a request may carry.
 *
 * @param document one document or patch, as canonical text in UTF-8
 * @param request the whole body of a request, as it is sent
 */
@ConfigurationProperties("softadastra.limits")
record Limits(@DefaultValue("1MB") DataSize document, @DefaultValue("16MB") DataSize request) {
  Limits {
    if (document.toBytes() < 1
        || request.compareTo(document) < 0
        || request.toBytes() >= Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "softadastra.limits: document must be at least a byte, request at least document and"
              + " below 2 GiB");
    }
  }

  /**
   * The canonical text of a document or patch.
   *
   * @param field where it is in the request; empty for the body as a whole
   * @throws Refused {@code document-too-large}
   */
  JsonText within(Json.Obj object, String field) {
    var text = JsonText.of(object);
    // A character has one to three bytes, so most texts need no second look.
    if (text.text().length() > document.toBytes() / 3 && text.utf8().length > document.toBytes()) {
      String sentence = "a document may have " + document.toBytes() + " bytes of canonical text";
      var problem =
          field.isEmpty()
              ? Problem.of(ProblemCode.DOCUMENT_TOO_LARGE, sentence)
              : Problem.ofField(ProblemCode.DOCUMENT_TOO_LARGE, field, sentence);
      throw new Refused(problem.with("limit", Long.toString(document.toBytes())));
    }
    return text;
  }
}
