package com.softadastra.edge.forward;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.softadastra.contracts.Hash;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A kept request as it is told of: the receipt.
 *
 * @param number in the order in which they came; the page after it begins there
 * @param site of the origin when it was kept
 * @param path and query below the origin's URL
 * @param key that goes with each attempt
 * @param order what it is in order with
 * @param attempts that ended. A restart forgets those that found the origin away
 * @param nextAttempt when it is tried again, where that is known
 * @param error of the last attempt, or why it is parked
 * @param ended when it was parked or done
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Forward(
    UUID id,
    ForwardState state,
    @JsonIgnore long number,
    String origin,
    @JsonIgnore String site,
    String method,
    String path,
    String key,
    String order,
    @JsonIgnore Hash fingerprint,
    Instant accepted,
    int attempts,
    @Nullable Instant nextAttempt,
    @Nullable String error,
    @Nullable Instant ended,
    @Nullable Answer answer) {
  /**
   * What the origin said at last.
   *
   * @param headers each with its lines
   * @param bytes of the body that are kept
   * @param whole whether that is all of it
   */
  public record Answer(int status, Map<String, List<String>> headers, long bytes, boolean whole) {}

  Forward with(Progress progress) {
    return new Forward(
        id,
        progress.isUnderWay() ? ForwardState.UNDERWAY : state,
        number,
        origin,
        site,
        method,
        path,
        key,
        order,
        fingerprint,
        accepted,
        Math.max(attempts, progress.attempts()),
        progress.next(),
        progress.error() == null ? error : progress.error(),
        ended,
        answer);
  }

  /**
   * What isn't on disk of a request.
   *
   * @param error of the last attempt; null where there was none since the start
   * @param next when it is tried again, if that is known
   */
  record Progress(
      boolean isUnderWay, int attempts, @Nullable String error, @Nullable Instant next) {}
}
