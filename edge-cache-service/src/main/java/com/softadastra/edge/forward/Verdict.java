package com.softadastra.edge.forward;

import com.softadastra.edge.origin.OriginFailure.Kind;
import com.softadastra.edge.policy.Headers;
import com.softadastra.edge.policy.HttpDate;
import java.time.Duration;
import java.time.Instant;

/** What follows from an attempt. */
sealed interface Verdict {
  /** The answer is the request's own and doesn't change by asking again. */
  record Settled(Attempt.Answered answer) implements Verdict {}

  /** The request is to come again later; the origin is well. */
  record Later(String why, Duration atLeast) implements Verdict {}

  /** The origin failed on this request, and may on it alone. */
  record Erred(String why, Duration atLeast) implements Verdict {}

  /**
   * The origin serves nobody at the moment.
   *
   * @param isSilent whether it didn't answer at all, so that any answer is news
   */
  record Away(String why, boolean isSilent, Duration atLeast) implements Verdict {}

  /** Nobody knows whether the origin has acted; asking again is worth a few attempts. */
  record Unanswered(String why) implements Verdict {}

  /** The origin has acted, and nobody will learn what it said. */
  record Lost(String why) implements Verdict {}

  /** The request is to come again later; that says nothing of the origin. */
  record Unsent(String why) implements Verdict {}

  /** Only somebody can mend it. */
  record Hopeless(String why) implements Verdict {}

  static Verdict of(Attempt attempt, Instant now) {
    return switch (attempt) {
      case Attempt.Answered answer -> ofAnswer(answer, now);
      case Attempt.Unanswered(Kind kind, String why) -> ofFailure(kind, why);
      case Attempt.Unsent(String why) -> new Unsent(why);
      case Attempt.Unreadable(String why) -> new Hopeless(why);
    };
  }

  private static Verdict ofAnswer(Attempt.Answered answer, Instant now) {
    String why = "the origin answered " + answer.status();
    var atLeast = retryAfter(answer.headers(), now);
    return switch (answer.status()) {
      case 408, 425, 429 -> new Later(why, atLeast);
      case 502, 503, 504 -> new Away(why, false, atLeast);
      default -> answer.status() < 500 ? new Settled(answer) : new Erred(why, atLeast);
    };
  }

  private static Verdict ofFailure(Kind kind, String why) {
    return switch (kind) {
      case NOT_CONNECTED -> new Away("no connection to the origin: " + why, true, Duration.ZERO);
      case BUSY -> new Away("all connections to the origin are taken", false, Duration.ZERO);
      case NO_ANSWER -> new Unanswered("no answer, " + why + "; the origin may have acted on it");
      case NOT_HTTP -> new Lost("the origin has acted, but " + why);
    };
  }

  /** {@code Retry-After} in either form (RFC 9110, 10.2.3); zero where it says nothing. */
  private static Duration retryAfter(Headers headers, Instant now) {
    String text = headers.first("Retry-After").orElse("").strip();
    if (text.matches("[0-9]{1,9}")) {
      return Duration.ofSeconds(Long.parseLong(text));
    }
    return HttpDate.parse(text, now)
        .map(then -> Duration.between(now, then))
        .filter(Duration::isPositive)
        .orElse(Duration.ZERO);
  }
}
