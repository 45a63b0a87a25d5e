package com.softadastra.contracts.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.documents.DocumentView;
import com.softadastra.contracts.suite.Samples;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JacksonException;

class WireFormTest {
  private static final WireForm TEXT = new WireForm(String.class);
  private static final WireForm NUMBER = new WireForm(long.class);

  @Test
  void leavesBytesAsTheyAre() {
    var form = new WireForm(byte[].class);
    assertThat(form.write(new byte[] {1, 2})).containsExactly(1, 2);
    assertThat(form.read(new byte[] {1, 2})).isEqualTo(new byte[] {1, 2});
  }

  @Test
  void leavesOutMembersThatReaderDoesNotKnow() {
    var newer = new java.util.HashMap<String, Object>();
    newer.put("id", "a");
    newer.put("version", "1-a");
    newer.put("body", Samples.BODY);
    newer.put("deleted", false);
    newer.put("conflicts", 2);
    newer.put("added", Map.of("later", List.of(1)));
    assertThat(new WireForm(DocumentView.class).read(new WireForm(Map.class).write(newer)))
        .isEqualTo(new DocumentView("a", "1-a", Samples.BODY, false, 2));
  }

  @Test
  void refusesAnythingAfterValue() {
    for (var rest : List.of("00", "60", "f6", "ff", "1c")) {
      assertThatThrownBy(() -> TEXT.read(HexFormat.of().parseHex("6161" + rest)))
          .isInstanceOf(JacksonException.class);
    }
  }

  @Test
  void takesTextWhoseBytesLookLikeTags() {
    for (var letter : List.of("\u0627", "\u0434", "\u00e9")) {
      assertThat(TEXT.read(TEXT.write(letter.repeat(5000)))).isEqualTo(letter.repeat(5000));
    }
  }

  @Test
  void refusesTagsWithoutEndOfAnyWidth() {
    for (var tag : List.of("c0", "d850", "d90050", "da00000050", "db0000000000000050")) {
      assertThatThrownBy(() -> TEXT.read(HexFormat.of().parseHex(tag.repeat(65) + "6161")))
          .isInstanceOf(JacksonException.class)
          .hasMessageContaining("tags");
    }
  }

  @Test
  void refusesMissingPrimitive() {
    var partial = new WireForm(Map.class).write(Map.of("id", "a", "version", "1-a"));
    assertThatThrownBy(() -> new WireForm(DocumentView.class).read(partial))
        .isInstanceOf(JacksonException.class);
  }

  @Test
  void keepsNullArguments() {
    var forms = List.of(TEXT, NUMBER, TEXT);
    var values = Arrays.<Object>asList(null, 7L, null);
    assertThat(WireForm.readAll(forms, WireForm.writeAll(forms, values)))
        .containsExactly(null, 7L, null);
  }

  @Test
  void refusesOtherArgumentsThanTheMethods() {
    var one = WireForm.writeAll(List.of(TEXT), List.of("a"));
    var two = WireForm.writeAll(List.of(TEXT, TEXT), List.of("a", "b"));
    var none = WireForm.writeAll(List.of(), List.of());
    var longer = Arrays.copyOf(one, one.length + 1);
    for (var wrong : List.of(two, none, longer, new byte[0], new byte[] {0x60}, TEXT.write("a"))) {
      assertThatThrownBy(() -> WireForm.readAll(List.of(TEXT), wrong))
          .isInstanceOf(JacksonException.class);
    }
    assertThat(WireForm.readAll(List.of(TEXT), one)).containsExactly("a");
    assertThat(WireForm.readAll(List.of(), none)).isEmpty();
  }
}
