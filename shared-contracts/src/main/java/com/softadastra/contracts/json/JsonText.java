package com.softadastra.contracts.json;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.annotation.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A JSON object as canonical text; written into JSON answers as it is, never as a string in quotes.
 */
public record JsonText(String text) {
  public static JsonText of(Json.Obj object) {
    return new JsonText(object.canonical());
  }

  /** What a border receives as a string; it was canonical when it was sent. */
  @JsonCreator
  public static JsonText parse(String text) {
    return new JsonText(text);
  }

  public static JsonText ofUtf8(byte[] utf8) {
    return new JsonText(new String(utf8, StandardCharsets.UTF_8));
  }

  /**
   * @throws JsonReader.MalformedJson unless the bytes are the canonical text of one JSON object
   */
  public static JsonText ofCanonical(byte[] utf8) throws JsonReader.MalformedJson {
    var text = ofUtf8(utf8);
    // what is no UTF-8 may have become a replacement
    if (text.text.indexOf('\uFFFD') < 0 && CanonicalScan.isObject(text.text)) {
      return text;
    }
    text = of(JsonReader.object(utf8));
    if (!Arrays.equals(text.utf8(), utf8)) {
      throw new JsonReader.MalformedJson("it is written otherwise");
    }
    return text;
  }

  public byte[] utf8() {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * @throws IllegalStateException where it is not JSON, which only a damaged store can cause
   */
  public Json.Obj read() {
    try {
      return JsonReader.object(utf8());
    } catch (JsonReader.MalformedJson e) {
      throw new IllegalStateException("kept JSON is not JSON", e);
    }
  }

  @JsonValue
  @JsonRawValue
  @Override
  public String text() {
    return text;
  }
}
