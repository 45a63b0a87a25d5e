package com.softadastra.contracts.json;

import static com.softadastra.fuzz.Bytes.hold;
import static com.softadastra.fuzz.Bytes.text;
import static com.softadastra.fuzz.Bytes.utf8;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.json.JsonReader.MalformedJson;
import com.softadastra.contracts.suite.Samples;
import com.softadastra.fuzz.Bytes;
import com.softadastra.fuzz.Fuzzing;
import com.softadastra.fuzz.Mutator.Form;
import com.softadastra.fuzz.Target;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class JsonFuzzTest {
  @TestFactory
  Stream<DynamicTest> decoders() {
    return Fuzzing.of(
        Target.of("json", Form.JSON, documents(), JsonReader::value)
            .refusingWith(MalformedJson.class)
            .upTo(256 << 10)
            .allocating(1 << 20, 128)
            .checking(JsonFuzzTest::keepsItsMeaning),
        Target.of(
                "hash",
                Form.TEXT,
                List.of(utf8(Hash.ZERO.toString()), utf8(Samples.hash("x").toString())),
                input -> Hash.parse(text(input)))
            .refusingWith(IllegalArgumentException.class)
            .canonical(hash -> utf8(hash.toString())),
        Target.of(
                "incarnation",
                Form.TEXT,
                List.of(utf8(Samples.INCARNATION.toString())),
                input -> Incarnation.parse(text(input)))
            .refusingWith(IllegalArgumentException.class)
            .canonical(incarnation -> utf8(incarnation.toString())));
  }

  /** Each name is as long as a document may be; all of them together would not fit. */
  @Test
  void namesAreForgottenWithTheirDocument() throws MalformedJson {
    var name = "n".repeat(1 << 20);
    for (int i = 0; i < 280; i++) {
      JsonReader.object(utf8("{\"" + name + i + "\":0}"));
    }
  }

  private static List<byte[]> documents() {
    return Stream.of(
            Samples.BODY.text(),
            "{\"a\":{\"b\":[1,2.50,-0.0e+10,[true,false,null]],\"\":\"\\ud83d\\ude9c\\u0000\"},\"b\":{}}",
            " [ 1 , \"\\\"\" , { } ] ",
            "\"text\"")
        .map(Bytes::utf8)
        .toList();
  }

  private static void keepsItsMeaning(Json json, byte[] input) throws MalformedJson {
    hold(json.values() <= JsonReader.MAX_VALUES, "more values than may be");
    hold(json.depth() <= JsonReader.MAX_DEPTH, "deeper than may be");
    var canonical = json.canonical();
    var again = JsonReader.value(utf8(canonical));
    hold(again.equals(json), "canonical text means another value");
    hold(again.canonical().equals(canonical), "canonical text isn't canonical");
  }
}
