package com.softadastra.contracts.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.json.JsonReader.MalformedJson;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTextTest {
  private static final List<String> WRITTEN =
      List.of(
          "{}",
          "{\"\":[],\"a\":{},\"b\":[[],{}]}",
          "{\"count\":-12.50e+3,\"items\":[0,-0,1E5,true,false,null,\"\"],\"name\":\"Zoë 😀\",\"z\":{\"é\":1,\"😀\":2,\"ﬀ\":3}}",
          "{\"escaped\":\"a\\\"b\\\\c\\n\\u0001\",\"lone\":\"\\ud800\",\"replaced\":\"\uFFFD\"}");

  private static final byte[] MARKS =
      "{}[],:\"\\ /0123456789-+.eEtrufalsn\0".getBytes(StandardCharsets.UTF_8);

  @Test
  void takesWhatIsCanonical() throws MalformedJson {
    for (var text : WRITTEN) {
      assertThat(JsonText.ofCanonical(utf8(text)).text()).isEqualTo(text);
    }
  }

  @Test
  void mostIsSeenToBeCanonicalAtAGlance() {
    assertThat(WRITTEN.subList(0, 3)).allMatch(CanonicalScan::isObject);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "null",
        "{} ",
        "{\"b\":1,\"a\":2}",
        "{\"a\":1,\"a\":1}",
        "{\"a\":01}",
        "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":-}",
        "{\"a\":1e}",
        "{\"a\":tru}",
        "{\"a\":[1,]}",
        "{\"a\":1,}",
        "{\"a\"}",
        "{\"a\":\"\\u0041\"}",
        "{\"a\":\"\\/\"}",
        "{\"a\":\"\t\"}",
        "{\"😀\":1,\"é\":2}",
        "{\"ﬀ\":1,\"😀\":2}"
      })
  void refusesWhatIsNot(String text) {
    assertThat(isTaken(utf8(text))).isFalse();
  }

  @Test
  void refusesWhatNestsTooDeeply() {
    assertThat(isTaken(utf8(nested(JsonReader.MAX_DEPTH)))).isTrue();
    assertThat(isTaken(utf8(nested(JsonReader.MAX_DEPTH + 1)))).isFalse();
  }

  private static String nested(int levels) {
    return "{\"a\":".repeat(levels - 1) + "{}" + "}".repeat(levels - 1);
  }

  @Test
  void refusesMoreValuesThanAReaderTakes() {
    assertThat(isTaken(utf8(zeros(JsonReader.MAX_VALUES - 2)))).isTrue();
    assertThat(isTaken(utf8(zeros(JsonReader.MAX_VALUES - 1)))).isFalse();
  }

  private static String zeros(int many) {
    return "{\"a\":[" + "0,".repeat(many - 1) + "0]}";
  }

  @Test
  void aGlanceNeverTakesWhatAReaderWouldWriteOtherwise() {
    for (long seed = 1; seed <= 100_000; seed++) {
      var random = new Random(seed);
      byte[] bytes = utf8(WRITTEN.get(random.nextInt(WRITTEN.size())));
      for (int i = random.nextInt(3); i >= 0; i--) {
        bytes[random.nextInt(bytes.length)] =
            random.nextInt(8) == 0 ? (byte) random.nextInt() : MARKS[random.nextInt(MARKS.length)];
      }
      assertThat(isTaken(bytes)).as("seed %d", seed).isEqualTo(isWrittenSo(bytes));
    }
  }

  private static boolean isTaken(byte[] bytes) {
    try {
      JsonText.ofCanonical(bytes);
      return true;
    } catch (MalformedJson _) {
      return false;
    }
  }

  private static boolean isWrittenSo(byte[] bytes) {
    try {
      return Arrays.equals(utf8(JsonReader.object(bytes).canonical()), bytes);
    } catch (MalformedJson _) {
      return false;
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
