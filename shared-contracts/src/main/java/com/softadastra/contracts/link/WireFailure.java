package com.softadastra.contracts.link;

import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.Problem;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.peering.PeerUnreachable;
import io.rsocket.exceptions.CustomRSocketException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Failures as they cross a link, in an error frame with a code and a text.
 *
 * <table>
 * <caption>Codes</caption>
 * <tr><th>code</th><th>text</th><th>arrives as</th></tr>
 * <tr><td>0x301</td><td>the {@link Problem}, in JSON</td><td>{@link Refused}</td></tr>
 * <tr><td>0x302</td><td>the detail</td><td>{@link PeerUnreachable}</td></tr>
 * <tr><td>0x303</td><td>kind and message</td><td>{@link LayerUnreachable}</td></tr>
 * </table>
 *
 * Whatever else ends a call (no connection, no answer in time, a broken link) is {@link
 * LayerUnreachable} too.
 */
final class WireFailure {
  private static final int REFUSED = 0x301;
  private static final int PEER_UNREACHABLE = 0x302;
  private static final int FAILED = 0x303;

  /** An error frame is never cut into several; this is far below what one can hold. */
  private static final int LONGEST_TEXT = 4_000;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private WireFailure() {}

  static boolean isExpected(Throwable failure) {
    return failure instanceof Refused
        || failure instanceof PeerUnreachable
        || failure instanceof LayerUnreachable;
  }

  static CustomRSocketException toWire(Throwable failure) {
    return switch (failure) {
      case Refused refused ->
          new CustomRSocketException(REFUSED, JSON.writeValueAsString(refused.problem()));
      case PeerUnreachable unreachable ->
          new CustomRSocketException(PEER_UNREACHABLE, unreachable.detail());
      case LayerUnreachable unreachable ->
          new CustomRSocketException(FAILED, shortened(unreachable.getMessage()));
      default -> new CustomRSocketException(FAILED, shortened(failure.toString()));
    };
  }

  /**
   * @param layer which layer was called, and where
   */
  static RuntimeException fromWire(String layer, Throwable failure) {
    return switch (failure) {
      case Refused refused -> refused;
      case PeerUnreachable unreachable -> unreachable;
      case LayerUnreachable unreachable -> unreachable;
      case CustomRSocketException custom when custom.errorCode() == REFUSED ->
          refused(layer, custom);
      case CustomRSocketException custom when custom.errorCode() == PEER_UNREACHABLE ->
          new PeerUnreachable(Objects.requireNonNullElse(custom.getMessage(), ""), custom);
      default -> {
        var reason = failure.getMessage();
        yield new LayerUnreachable(
            layer + ": " + (reason == null ? failure.getClass().getSimpleName() : reason), failure);
      }
    };
  }

  private static RuntimeException refused(String layer, CustomRSocketException failure) {
    try {
      Problem problem = JSON.readValue(failure.getMessage(), Problem.class);
      if (problem != null) {
        return new Refused(problem);
      }
    } catch (JacksonException e) {
      failure.addSuppressed(e);
    }
    return new LayerUnreachable(layer + ": refused for a reason that is not known here", failure);
  }

  private static String shortened(@Nullable String text) {
    return text == null ? "" : text.substring(0, Math.min(text.length(), LONGEST_TEXT));
  }
}
