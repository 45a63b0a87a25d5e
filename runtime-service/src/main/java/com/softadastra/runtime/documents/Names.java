package com.softadastra.runtime.documents;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.http.Fields;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** What spaces, collections, documents, intents and actors may be called. */
public final class Names {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,62}");
  private static final int ID_BYTES = 512;
  private static final int TEXT_CHARACTERS = 256;

  private Names() {}

  /**
   * @throws Refused {@code invalid-request} unless the text can name a space
   */
  public static String space(String text) {
    return name("space", text);
  }

  static String collection(String text) {
    return name("collection", text);
  }

  /** The same for a name that stands in a field of its own. */
  static String name(String field, String text) {
    if (!NAME.matcher(text).matches()) {
      throw refused(field, "must match " + NAME);
    }
    return text;
  }

  static String id(String field, String text) {
    if (text.isEmpty()
        || text.length() > ID_BYTES
        || !Fields.isUnicode(text)
        || text.getBytes(StandardCharsets.UTF_8).length > ID_BYTES) {
      throw refused(field, "must have 1 to " + ID_BYTES + " bytes of UTF-8");
    }
    return text;
  }

  /** The name of an intent or an actor. */
  static String text(String field, String text) {
    if (text.isEmpty() || text.length() > TEXT_CHARACTERS || !Fields.isUnicode(text)) {
      throw refused(field, "must have 1 to " + TEXT_CHARACTERS + " characters");
    }
    return text;
  }

  static Refused refused(String field, String message) {
    return new Refused(Problem.ofField(ProblemCode.INVALID_REQUEST, field, message));
  }
}
