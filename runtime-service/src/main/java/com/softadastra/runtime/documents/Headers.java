package com.softadastra.runtime.documents;

import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.ReceiptState;
import com.softadastra.contracts.http.Fields;
import jakarta.servlet.http.HttpServletRequest;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The headers that say how a write is meant. */
final class Headers {
  static final String ACTOR = "Softadastra-Actor";
  static final String BASE = "Softadastra-Base";
  static final String LEVEL = "Softadastra-Level";
  static final String IDEMPOTENCY_KEY = "Idempotency-Key";

  /** Longer than any wait for a delivery is worth a connection. */
  private static final int MAX_WAIT_SECONDS = 300;

  // RFC 9110, section 8.8.3, without the mark of a weak one
  private static final Pattern ENTITY_TAG = Pattern.compile("\"([!\\x23-\\x7e\\x80-\\xff]*)\"");

  private static final Pattern WAIT = Pattern.compile("wait( *=.*)?", Pattern.CASE_INSENSITIVE);

  // No entity tag can hold a quotation mark.
  private static final String NO_VERSION = "\"";

  private final HttpServletRequest request;

  Headers(HttpServletRequest request) {
    this.request = request;
  }

  /**
   * How long an answer may wait for which level.
   *
   * @param patience null where the answer is wanted at once, without being measured by a level
   */
  record Wait(@Nullable Duration patience, ReceiptState level) {}

  /**
   * On which version the write is made. An {@code If-Match} that is no single strong entity tag is
   * a version that the document can't be at.
   */
  Condition condition() {
    var match = all("If-Match");
    var noneMatch = all("If-None-Match");
    var base = all(BASE);
    if (Stream.of(match, noneMatch, base).filter(values -> !values.isEmpty()).count() > 1) {
      throw Names.refused(
          "If-Match", "can't stand beside If-None-Match or " + BASE + "; one of them is taken");
    }
    if (!match.isEmpty()) {
      return match(match);
    }
    if (!noneMatch.isEmpty()) {
      if (noneMatch.equals(List.of("*"))) {
        return new Condition(Condition.Kind.ABSENT, List.of());
      }
      throw Names.refused("If-None-Match", "must be * on a write");
    }
    return base.isEmpty()
        ? Condition.ANY
        : new Condition(Condition.Kind.BASE, versions(String.join(",", base)));
  }

  private static Condition match(List<String> values) {
    if (values.equals(List.of("*"))) {
      return new Condition(Condition.Kind.EXISTS, List.of());
    }
    var tag = ENTITY_TAG.matcher(values.size() == 1 ? values.getFirst() : "");
    return new Condition(Condition.Kind.MATCH, List.of(tag.matches() ? tag.group(1) : NO_VERSION));
  }

  private static List<String> versions(String value) {
    if (value.isBlank()) {
      return List.of();
    }
    return Arrays.stream(value.split(",", -1))
        .map(part -> {
          var tag = ENTITY_TAG.matcher(part.strip());
          if (!tag.matches()) {
            throw Names.refused(BASE, "must be versions in quotation marks, or empty");
          }
          return tag.group(1);
        })
        .toList();
  }

  /** The intent's id, bare or as a quoted string. */
  Optional<String> idempotencyKey() {
    return single(IDEMPOTENCY_KEY).map(key -> Names.text(IDEMPOTENCY_KEY, unquoted(key)));
  }

  Optional<String> actor() {
    return single(ACTOR).map(actor -> Names.text(ACTOR, actor));
  }

  private static String unquoted(String value) {
    if (value.length() < 2 || !value.startsWith("\"") || !value.endsWith("\"")) {
      return value;
    }
    return value.substring(1, value.length() - 1).replaceAll("\\\\([\"\\\\])", "$1");
  }

  /** RFC 7240; the first {@code wait} counts, other preferences are ignored. */
  Wait await() {
    var level =
        single(LEVEL)
            .map(text ->
                Arrays.stream(ReceiptState.values())
                    .filter(state -> Fields.wireName(state).equals(text))
                    .findFirst()
                    .orElseThrow(() ->
                        Names.refused(
                            LEVEL, "must be recorded, in-custody, delivered or everywhere")))
            .orElse(ReceiptState.DELIVERED);
    var patience =
        all("Prefer").stream()
            .flatMap(value -> Arrays.stream(value.split(",")))
            .map(preference -> preference.split(";", 2)[0].strip())
            .filter(preference -> WAIT.matcher(preference).matches())
            .findFirst()
            .map(preference -> seconds(preference.substring(preference.indexOf('=') + 1)));
    return new Wait(patience.orElse(null), level);
  }

  private static Duration seconds(String value) {
    String digits = value.strip().replace("\"", "");
    if (digits.matches("[0-9]{1,3}") && Integer.parseInt(digits) <= MAX_WAIT_SECONDS) {
      return Duration.ofSeconds(Integer.parseInt(digits));
    }
    throw Names.refused("Prefer", "wait must be 0 to " + MAX_WAIT_SECONDS + " seconds");
  }

  private Optional<String> single(String name) {
    var values = all(name);
    if (values.size() > 1) {
      throw Names.refused(name, "must be given once");
    }
    return values.stream().findFirst().map(value -> utf8(name, value));
  }

  private List<String> all(String name) {
    var values = new ArrayList<String>();
    for (String value : Collections.list(request.getHeaders(name))) {
      values.add(value.strip());
    }
    return values;
  }

  /** A header's characters stand for one byte each. */
  private static String utf8(String name, String value) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(value.getBytes(StandardCharsets.ISO_8859_1)))
          .toString();
    } catch (CharacterCodingException _) {
      throw Names.refused(name, "must be UTF-8");
    }
  }
}
