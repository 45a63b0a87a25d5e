package com.softadastra.contracts.link;

import com.softadastra.contracts.json.JsonText;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.deser.jdk.StringDeserializer;
import tools.jackson.databind.deser.std.StdScalarDeserializer;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.dataformat.cbor.CBORFactory;
import tools.jackson.dataformat.cbor.CBORMapper;

/**
 * Values of one type as they cross a link: bytes as they are, everything else as CBOR (RFC 8949) of
 * the declared type. Instants and durations are ISO text, {@link JsonText} is a text and not, as in
 * an HTTP answer, the object itself. Members that the reader doesn't know are left out; anything
 * after the value is an error.
 */
final class WireForm {
  private static final CBORMapper CBOR =
      CBORMapper.builder(
              CBORFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxDocumentLength(LinkProtocol.LARGEST_PAYLOAD_BYTES)
                          .maxStringLength(LinkProtocol.LARGEST_PAYLOAD_BYTES)
                          .build())
                  .build())
          .addModule(
              new SimpleModule()
                  .addSerializer(JsonText.class, new JsonAsText())
                  .addDeserializer(String.class, new UnicodeText())
                  .addDeserializer(JsonText.class, new TextAsJson()))
          .disable(DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS)
          .disable(DateTimeFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  // Our forms have none. The parser gathers them in room that grows with the square of their
  // number.
  private static final int TAGS_IN_A_ROW = 64;

  private static final int BYTE_STRING = 2;
  private static final int TEXT = 3;
  private static final int TAG = 6;

  private final boolean bytes;
  private final ObjectWriter writer;
  private final ObjectReader reader;

  WireForm(Type type) {
    var resolved = CBOR.getTypeFactory().constructType(type);
    this.bytes = type == byte[].class;
    this.writer = CBOR.writerFor(resolved);
    this.reader = CBOR.readerFor(resolved);
  }

  byte[] write(Object value) {
    return bytes ? (byte[]) value : writer.writeValueAsBytes(value);
  }

  /**
   * @throws tools.jackson.core.JacksonException where it is not exactly one value of the type
   */
  Object read(byte[] data) {
    if (bytes) {
      return data;
    }
    requireFewTags(data);
    return orMismatch(() -> reader.readValue(data));
  }

  private static void requireFewTags(byte[] data) {
    int run = 0;
    for (long at = 0; at < data.length; ) {
      int head = data[(int) at] & 0xff;
      int major = head >> 5;
      int info = head & 31;
      int wide = info < 24 || info > 27 ? 0 : 1 << (info - 24);
      run = major == TAG ? run + 1 : 0;
      if (run > TAGS_IN_A_ROW) {
        throw MismatchedInputException.from(null, Object.class, "tags without end");
      }
      if (major == BYTE_STRING || major == TEXT) {
        long length = wide == 0 ? (info < 24 ? info : 0) : number(data, (int) at + 1, wide);
        if (length < 0 || length > data.length) {
          return; // the parser refuses it
        }
        at += length;
      }
      at += 1 + wide;
    }
  }

  /** Unsigned, most significant byte first; what the data lacks counts as zero. */
  private static long number(byte[] data, int from, int wide) {
    long number = 0;
    for (int i = from; i < from + wide; i++) {
      number = number << 8 | (i < data.length ? data[i] & 0xff : 0);
    }
    return number;
  }

  /** The values in an array, each in its form; nulls are kept. */
  static byte[] writeAll(List<WireForm> forms, List<@Nullable Object> values) {
    var bytes = new ByteArrayOutputStream();
    try (var generator = CBOR.createGenerator(bytes)) {
      generator.writeStartArray(values, values.size());
      for (int i = 0; i < values.size(); i++) {
        forms.get(i).writer.writeValue(generator, values.get(i));
      }
      generator.writeEndArray();
    }
    return bytes.toByteArray();
  }

  /**
   * What {@link #writeAll} wrote.
   *
   * @throws tools.jackson.core.JacksonException where it is not exactly one value for each form
   */
  static @Nullable Object[] readAll(List<WireForm> forms, byte[] data) {
    var values = new @Nullable Object[forms.size()];
    requireFewTags(data);
    try (var parser = CBOR.createParser(data)) {
      boolean fits = parser.nextToken() == JsonToken.START_ARRAY;
      for (int i = 0; fits && i < values.length; i++) {
        fits = parser.nextToken() != JsonToken.END_ARRAY;
        if (fits) {
          var reader = forms.get(i).reader.without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
          values[i] = orMismatch(() -> reader.readValue(parser));
        }
      }
      if (!fits || parser.nextToken() != JsonToken.END_ARRAY || parser.nextToken() != null) {
        throw MismatchedInputException.from(
            parser, Object[].class, "not an array of " + values.length + " arguments");
      }
    }
    return values;
  }

  /** Some readers of a type fail in their own way on tokens that only CBOR has. */
  private static <T extends @Nullable Object> T orMismatch(Supplier<T> reading) {
    try {
      return reading.get();
    } catch (ClassCastException | IllegalArgumentException e) {
      throw DatabindException.from((JsonParser) null, "not a value of the type", e);
    }
  }

  private static final class JsonAsText extends ValueSerializer<JsonText> {
    @Override
    public void serialize(JsonText json, JsonGenerator generator, SerializationContext context) {
      generator.writeString(json.text());
    }
  }

  /** CBOR's text is UTF-8; the library takes more, which no one could pass on. */
  private static @Nullable String unicode(JsonParser parser, DeserializationContext context) {
    String text = StringDeserializer.instance.deserialize(parser, context);
    if (text != null && !StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
      throw MismatchedInputException.from(parser, String.class, "text is not Unicode");
    }
    return text;
  }

  private static final class UnicodeText extends StdScalarDeserializer<String> {
    UnicodeText() {
      super(String.class);
    }

    @Override
    public @Nullable String deserialize(JsonParser parser, DeserializationContext context) {
      return unicode(parser, context);
    }
  }

  private static final class TextAsJson extends StdScalarDeserializer<JsonText> {
    TextAsJson() {
      super(JsonText.class);
    }

    @Override
    public @Nullable JsonText deserialize(JsonParser parser, DeserializationContext context) {
      var text = unicode(parser, context);
      return text == null ? null : JsonText.parse(text);
    }
  }
}
