package com.softadastra.engine.document;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.documents.PatchBody.Notation;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.document.DocumentPatch.NotApplicable;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DocumentPatchTest {
  /** RFC 7396, appendix A, but for those whose patch or document is no object. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "{\"a\":\"b\"} | {\"a\":\"c\"} | {\"a\":\"c\"}",
        "{\"a\":\"b\"} | {\"b\":\"c\"} | {\"a\":\"b\",\"b\":\"c\"}",
        "{\"a\":\"b\"} | {\"a\":null} | {}",
        "{\"a\":\"b\",\"b\":\"c\"} | {\"a\":null} | {\"b\":\"c\"}",
        "{\"a\":[\"b\"]} | {\"a\":\"c\"} | {\"a\":\"c\"}",
        "{\"a\":\"c\"} | {\"a\":[\"b\"]} | {\"a\":[\"b\"]}",
        "{\"a\":{\"b\":\"c\"}} | {\"a\":{\"b\":\"d\",\"c\":null}} | {\"a\":{\"b\":\"d\"}}",
        "{\"a\":[{\"b\":\"c\"}]} | {\"a\":[1]} | {\"a\":[1]}",
        "{\"e\":null} | {\"a\":1} | {\"a\":1,\"e\":null}",
        "{} | {\"a\":{\"bb\":{\"ccc\":null}}} | {\"a\":{\"bb\":{}}}",
        "{\"a\":1} | {\"a\":{\"b\":null,\"c\":[null]}} | {\"a\":{\"c\":[null]}}"
      })
  void mergesAsRfc7396Says(String base, String patch, String expected) {
    assertThat(merge(patch, base)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "{\"a\":1} | {\"set\":{\"a\":{\"x\":null},\"b\":2}} | {\"a\":{\"x\":null},\"b\":2}",
        "{\"a\":1,\"b\":2} | {\"unset\":[\"a\",\"gone\",\"/no/where\"]} | {\"b\":2}",
        "{} | {\"set\":{\"/a/b/c\":1}} | {\"a\":{\"b\":{\"c\":1}}}",
        "{\"a\":{\"b\":1,\"c\":2}} | {\"unset\":[\"/a/b\"]} | {\"a\":{\"c\":2}}",
        "{\"a\":{\"b\":1}} | {\"unset\":[\"/a/b\"]} | {\"a\":{}}",
        "{} | {\"set\":{\"/a~1b/~0~01\":1}} | {\"a/b\":{\"~~1\":1}}",
        "{} | {\"set\":{\"a.b\":1,\"\":2,\"/\":3,\"//\":4}} | FAILS",
        "{} | {\"set\":{\"a.b\":1,\"/\":3}} | {\"\":3,\"a.b\":1}",
        "{\"n\":1} | {\"increment\":{\"n\":2,\"m\":-3,\"/o/p\":1}} | {\"m\":-3,\"n\":3,\"o\":{\"p\":1}}",
        "{\"n\":0.1} | {\"increment\":{\"n\":0.2}} | {\"n\":0.3}",
        "{\"n\":1.50} | {\"increment\":{\"n\":1}} | {\"n\":2.50}",
        "{\"n\":9007199254740993} | {\"increment\":{\"n\":1}} | {\"n\":9007199254740994}",
        "{\"n\":1e3} | {\"increment\":{\"n\":1}} | {\"n\":1001}",
        "{\"n\":\"1\"} | {\"increment\":{\"n\":1}} | FAILS",
        "{\"n\":null} | {\"increment\":{\"n\":1}} | FAILS",
        "{\"n\":1} | {\"increment\":{\"n\":\"1\"}} | FAILS",
        "{\"n\":1e1001} | {\"increment\":{\"n\":1}} | FAILS",
        "{\"n\":1} | {\"increment\":{\"n\":1e99999999999999999999}} | FAILS",
        "{\"s\":[1]} | {\"add\":{\"s\":[2,1,2]}} | {\"s\":[1,2]}",
        "{} | {\"add\":{\"s\":[{\"a\":1}]}} | {\"s\":[{\"a\":1}]}",
        "{\"s\":[1,2,1,1.0]} | {\"remove\":{\"s\":[1]}} | {\"s\":[2,1.0]}",
        "{} | {\"remove\":{\"s\":[1]}} | {\"s\":[]}",
        "{\"s\":1} | {\"add\":{\"s\":[1]}} | FAILS",
        "{\"s\":[1]} | {\"add\":{\"s\":1}} | FAILS",
        "{\"s\":[1]} | {\"unset\":\"s\"} | FAILS",
        "{\"s\":[1]} | {\"unset\":[1]} | FAILS",
        "{\"s\":[1]} | {\"set\":[1]} | FAILS",
        "{\"a\":1} | {\"set\":{\"/a/b\":1}} | FAILS",
        "{\"a\":[1]} | {\"set\":{\"/a/0\":1}} | FAILS",
        "{} | {\"set\":{\"n\":1},\"increment\":{\"n\":1},\"unset\":[\"n\"]} | {\"n\":1}"
      })
  void appliesFieldNotation(String base, String patch, String expected) {
    if (expected.equals("FAILS")) {
      assertThatThrownBy(() -> fields(patch, base)).isInstanceOf(NotApplicable.class);
      assertThat(
              DocumentPatch.applyLeniently(
                  Notation.FIELDS, JsonText.parse(patch), JsonText.parse(base)))
          .isEqualTo(JsonText.parse(base));
    } else {
      assertThat(fields(patch, base)).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      nullValues = "NOTHING",
      value = {
        "{\"set\":{\"n\":1},\"unset\":[\"n\"]} | n",
        "{\"set\":{\"n\":1},\"increment\":{\"/n\":1}} | n",
        "{\"set\":{\"n\":1,\"/n\":2}} | n",
        "{\"set\":{\"a\":{}},\"unset\":[\"/a/b\"]} | /a/b",
        "{\"set\":{\"/a/b/c\":1,\"/a/b\":1,\"/a!\":1}} | /a/b/c",
        "{\"set\":{\"s\":[]},\"add\":{\"s\":[1]},\"remove\":{\"s\":[2]}} | s",
        "{\"add\":{\"s\":[1]},\"remove\":{\"/s/t\":[2]}} | /s/t",
        "{\"unset\":[\"n\",\"n\"]} | n",
        "{\"add\":{\"s\":[1]},\"remove\":{\"s\":[2]}} | NOTHING",
        "{\"set\":{\"/a/b\":1,\"/a/bc\":1,\"/a~1b\":1,\"a\\u0000\":1},\"increment\":{\"/a/c\":1}} | NOTHING",
        "{} | NOTHING"
      })
  void saysWhatAPatchSaysTwice(String patch, @Nullable String field) {
    assertThat(DocumentPatch.twice(Notation.FIELDS, JsonText.parse(patch)))
        .isEqualTo(Optional.ofNullable(field));
  }

  @Test
  void aMergePatchSaysNothingTwice() {
    var patch = JsonText.parse("{\"set\":{\"n\":1},\"unset\":[\"n\"]}");
    assertThat(DocumentPatch.twice(Notation.MERGE, patch)).isEmpty();
  }

  @Test
  void documentWithoutBodyCountsAsEmpty() {
    var patch = JsonText.parse("{\"a\":1}");
    assertThat(DocumentPatch.apply(Notation.MERGE, patch, null)).isEqualTo(patch);
    var unfit = JsonText.parse("{\"set\":1}");
    assertThat(DocumentPatch.applyLeniently(Notation.FIELDS, unfit, null).text()).isEqualTo("{}");
  }

  @Test
  void refusesToGrowTooDeep() {
    assertThat(fields("{\"set\":{\"" + "/a".repeat(128) + "\":1}}", "{}"))
        .endsWith("}".repeat(128));
    assertThatThrownBy(() -> fields("{\"set\":{\"" + "/a".repeat(129) + "\":1}}", "{}"))
        .isInstanceOf(NotApplicable.class);
    assertThatThrownBy(() -> fields("{\"set\":{\"" + "/a".repeat(3000) + "\":1}}", "{}"))
        .isInstanceOf(NotApplicable.class);
  }

  private static String merge(String patch, String base) {
    return DocumentPatch.apply(Notation.MERGE, JsonText.parse(patch), JsonText.parse(base)).text();
  }

  private static String fields(String patch, String base) {
    return DocumentPatch.apply(Notation.FIELDS, JsonText.parse(patch), JsonText.parse(base)).text();
  }
}
