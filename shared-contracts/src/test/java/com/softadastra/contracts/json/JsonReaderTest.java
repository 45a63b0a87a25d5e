package com.softadastra.contracts.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.json.JsonReader.MalformedJson;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonReaderTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "-0",
        "1.50",
        "1e3",
        "1E+03",
        "-1.0e-400",
        "1e999999999999999999999",
        "12345678901234567890123456789012345678901234567890.10"
      })
  void numbersStayAsWritten(String number) throws MalformedJson {
    assertThat(canonical("[" + number + "]")).isEqualTo("[" + number + "]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "[1",
        "[1,]",
        "{\"a\":1,}",
        "{\"a\"}",
        "{a:1}",
        "01",
        "+1",
        ".5",
        "1.",
        "NaN",
        "Infinity",
        "'a'",
        "\"a",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\t\"",
        "{} {}",
        "{}x",
        "tru",
        "/**/{}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "[{\"b\":{\"a\":1,\"a\":1}}]"
      })
  void refusesWhatIsNotStrictJson(String text) {
    assertThatThrownBy(() -> canonical(text)).isInstanceOf(MalformedJson.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"22ff22", "22c08022", "22eda08022", "22f490808022", "22c3", "efbbbf7b7d"})
  void refusesWhatIsNotUtf8(String hex) {
    assertThatThrownBy(() -> JsonReader.value(HexFormat.of().parseHex(hex)))
        .isInstanceOf(MalformedJson.class);
  }

  @Test
  void nestsTo128Levels() throws MalformedJson {
    var text = "[".repeat(128) + "]".repeat(128);
    assertThat(JsonReader.value(utf8(text)).depth()).isEqualTo(JsonReader.MAX_DEPTH);
    assertThat(canonical(text)).isEqualTo(text);
    var objects = "{\"a\":".repeat(128) + "1" + "}".repeat(128);
    assertThat(canonical(objects)).isEqualTo(objects);
    assertThatThrownBy(() -> canonical("[" + text + "]")).isInstanceOf(MalformedJson.class);
    assertThatThrownBy(() -> canonical("[".repeat(1_000_000))).isInstanceOf(MalformedJson.class);
  }

  @Test
  void onlyAnObjectIsABody() {
    assertThatThrownBy(() -> JsonReader.object(utf8("[]"))).isInstanceOf(MalformedJson.class);
    assertThatThrownBy(() -> JsonReader.object(utf8("null"))).isInstanceOf(MalformedJson.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "{ \"b\" : 1 , \"a\" : [ true , null ] } | {\"a\":[true,null],\"b\":1}",
        "\"\\u0041\\/\\u00e9\\u20ac\" | \"A/é€\"",
        "\"\\u0000\\u001F\\b\\f\\n\\r\\t\\\"\\\\\" | \"\\u0000\\u001f\\b\\f\\n\\r\\t\\\"\\\\\"",
        "\"\\ud83d\\ude00\" | \"😀\"",
        "\"\\uD800\" | \"\\ud800\"",
        "\"\\uDE00\\uD83D\" | \"\\ude00\\ud83d\"",
        "\"\\ud800\\ud83d\\ude00\" | \"\\ud800😀\"",
        "{\"\\uDFFF\":1,\"\\uFB33\":2,\"\\ud83d\\ude00\":3,\"\":4} | {\"\":4,\"😀\":3,\"\\udfff\":1,\"\ufb33\":2}"
      })
  void canonicalTextIsOne(String text, String expected) throws MalformedJson {
    assertThat(canonical(text)).isEqualTo(expected);
    assertThat(canonical(expected)).isEqualTo(expected);
  }

  @Test
  void canonicalTextReadsBackAsTheSameValue() throws MalformedJson {
    for (long seed = 1; seed <= 2000; seed++) {
      var random = new Random(seed);
      var chars = new char[random.nextInt(12)];
      for (int i = 0; i < chars.length; i++) {
        chars[i] =
            (char)
                (random.nextBoolean() ? 0xd800 + random.nextInt(0x800) : random.nextInt(0x10000));
      }
      var json = new Json.Str(new String(chars));
      var text = json.canonical();
      assertThat(JsonReader.value(utf8(text))).as("seed %d", seed).isEqualTo(json);
    }
  }

  /** Canonical text is hashed and signed; see {@code golden/README.md}. */
  @Test
  void canonicalBytesAreAsTheyWere() throws Exception {
    try (var in = getClass().getResourceAsStream("/golden/canonical-json.txt")) {
      for (var line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
        var parts = line.split(" (=|->) ");
        var canonical = JsonReader.value(HexFormat.of().parseHex(parts[1])).canonical();
        assertThat(HexFormat.of().formatHex(utf8(canonical))).as(parts[0]).isEqualTo(parts[2]);
      }
    }
  }

  private static String canonical(String text) throws MalformedJson {
    return JsonReader.value(utf8(text)).canonical();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
