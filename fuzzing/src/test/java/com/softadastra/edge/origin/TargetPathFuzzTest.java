package com.softadastra.edge.origin;

import static com.softadastra.fuzz.Bytes.hold;
import static com.softadastra.fuzz.Bytes.text;

import com.softadastra.contracts.Refused;
import com.softadastra.fuzz.Bytes;
import com.softadastra.fuzz.Fuzzing;
import com.softadastra.fuzz.Mutator.Form;
import com.softadastra.fuzz.Target;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class TargetPathFuzzTest {
  private static final Pattern ENCODED = Pattern.compile("%([0-9A-Fa-f]{2})");
  private static final Pattern PLAIN = Pattern.compile("[!-~&&[^\"#<>\\\\^`{|}\\[\\]]]*");

  @TestFactory
  Stream<DynamicTest> decoders() {
    return Fuzzing.of(
        Target.of("target-path", Form.TEXT, paths(), input -> of(text(input)))
            .refusingWith(Refused.class)
            .allocating(1 << 20, 64)
            .checking((path, _) -> isHarmless(path)));
  }

  private static List<byte[]> paths() {
    return Stream.of("/a/b.c?d=e&f", "/%2525/%C3%A9;v=1/", "/ü b/~c", "/a%252e%252fb?../..", "/...")
        .map(Bytes::utf8)
        .toList();
  }

  private static String of(String sent) {
    int mark = sent.indexOf('?');
    return mark < 0
        ? TargetPath.of(sent, null)
        : TargetPath.of(sent.substring(0, mark), sent.substring(mark + 1));
  }

  /** Whoever reads it, however often it is decoded, reads the same path, which goes nowhere up. */
  private static void isHarmless(String path) {
    hold(PLAIN.matcher(path).matches(), "what may not stand in a URI");
    hold(path.length() > 8 << 10 || of(path).equals(path), "another path when it is sent again");
    String decoded = path.replaceFirst("\\?.*", "");
    for (String before = ""; !before.equals(decoded); decoded = decoded(decoded)) {
      before = decoded;
      for (String segment : decoded.split("[/\\\\]", -1)) {
        var name = segment.replaceFirst(";.*", "");
        hold(!name.equals(".") && !name.equals(".."), "a dot segment");
      }
      hold(decoded.chars().noneMatch(c -> c < ' ' || c == 127 || c == '\\'), "a control character");
    }
  }

  private static String decoded(String path) {
    return ENCODED
        .matcher(path)
        .replaceAll(found ->
            Matcher.quoteReplacement(
                new String(
                    new byte[] {(byte) Integer.parseInt(found.group(1), 16)},
                    StandardCharsets.ISO_8859_1)));
  }
}
