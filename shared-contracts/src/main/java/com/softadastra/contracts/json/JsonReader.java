package com.softadastra.contracts.json;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/**
 * Reads JSON strictly: UTF-8 without errors, no duplicate names, at most {@link #MAX_DEPTH} levels
 * and {@link #MAX_VALUES} values, nothing after it.
 */
public final class JsonReader {
  /** Levels of nesting, the outermost object counted as one. */
  public static final int MAX_DEPTH = 128;

  /**
   * Objects, arrays, strings, numbers and the rest, the outermost counted. It bounds the memory
   * that a text can ask for, and is more than a document of a mebibyte can have.
   */
  public static final int MAX_VALUES = 1 << 19;

  // Lengths are bounded by whoever reads the bytes, before they come here.
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // else names are kept for ever, and a document is refused whose names collide with them
          .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNumberLength(Integer.MAX_VALUE)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private final JsonParser parser;
  private int values;

  private JsonReader(JsonParser parser) {
    this.parser = parser;
  }

  /** Says in a sentence what is wrong with the text. */
  public static final class MalformedJson extends Exception {
    private static final long serialVersionUID = 1;

    MalformedJson(String message) {
      super(message, null, false, false);
    }
  }

  /**
   * @throws MalformedJson unless the bytes are one JSON object
   */
  public static Json.Obj object(byte[] utf8) throws MalformedJson {
    if (value(utf8) instanceof Json.Obj object) {
      return object;
    }
    throw new MalformedJson("the body must be a JSON object");
  }

  /**
   * @throws MalformedJson unless the bytes are one JSON value
   */
  public static Json value(byte[] utf8) throws MalformedJson {
    String text;
    try {
      text =
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .decode(ByteBuffer.wrap(utf8))
              .toString();
    } catch (CharacterCodingException e) {
      throw new MalformedJson("the body is not UTF-8");
    }
    try (var parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
      if (parser.nextToken() == null) {
        throw new MalformedJson("the body is empty");
      }
      var json = new JsonReader(parser).read();
      if (parser.nextToken() != null) {
        throw new MalformedJson("there is more after the JSON value");
      }
      return json;
    } catch (JacksonException e) {
      throw new MalformedJson(sentence(e));
    }
  }

  /** Recursion is bounded by the parser's own limit on nesting. */
  private Json read() throws MalformedJson {
    if (++values > MAX_VALUES) {
      throw new MalformedJson("there are more than " + MAX_VALUES + " values");
    }
    return switch (parser.currentToken()) {
      case START_OBJECT -> {
        var members = new TreeMap<String, Json>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String name = parser.currentName();
          parser.nextToken();
          members.put(name, read());
        }
        yield new Json.Obj(members);
      }
      case START_ARRAY -> {
        var items = new ArrayList<Json>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          items.add(read());
        }
        yield new Json.Arr(items);
      }
      case VALUE_STRING -> new Json.Str(parser.getString());
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Json.Num(parser.getString());
      case VALUE_TRUE -> new Json.Bool(true);
      case VALUE_FALSE -> new Json.Bool(false);
      case VALUE_NULL -> Json.NULL;
      case null, default -> throw new MalformedJson("unexpected end or token");
    };
  }

  private static String sentence(JacksonException e) {
    var location = e.getLocation();
    String where =
        location == null
            ? ""
            : " (line " + location.getLineNr() + ", column " + location.getColumnNr() + ")";
    return String.valueOf(e.getOriginalMessage()) + where;
  }
}
