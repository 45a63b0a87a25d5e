package com.softadastra.system;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** What says that nothing was found has to find. */
class PlaintextTest {
  private static final Plaintext TEXT = new Plaintext("naïve");

  /** It goes over the end of a piece. */
  @ParameterizedTest
  @FieldSource("com.softadastra.system.Plaintext#ENCODINGS")
  void isFoundInAnyEncodingWhereverItBegins(Charset encoding) throws IOException {
    byte[] text = TEXT.text().getBytes(encoding);
    for (int at = (1 << 20) - text.length - 1; at <= (1 << 20) + 1; at++) {
      byte[] bytes = new byte[3 << 20];
      Arrays.fill(bytes, (byte) 'x');
      System.arraycopy(text, 0, bytes, at, text.length);
      assertThat(TEXT.in(new ByteArrayInputStream(bytes)))
          .as("at %s", at)
          .containsExactly(encoding);
    }
  }

  @Test
  void isFoundAtTheVeryEndAndNowhereElse() throws IOException {
    assertThat(TEXT.in(new ByteArrayInputStream(TEXT.text().getBytes(ISO_8859_1))))
        .isEqualTo(Set.of(ISO_8859_1));
    assertThat(TEXT.in(new ByteArrayInputStream("naive".getBytes(ISO_8859_1)))).isEmpty();
    assertThat(TEXT.in(new ByteArrayInputStream(new byte[0]))).isEmpty();
  }

  @Test
  void isFoundInFoldersOfFolders(@TempDir Path directory) throws IOException {
    Files.writeString(directory.resolve("other"), "other");
    assertThat(TEXT.in(directory)).isEmpty();
    var below = Files.createDirectories(directory.resolve("a/b"));
    Files.writeString(below.resolve("c"), "a " + TEXT.text());
    assertThat(TEXT.in(directory)).containsExactly("c: UTF-8");
  }
}
