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

  /** Only somebody can mend it. */
  record Hopeless(String why) implements Verdict {}

  static Verdict of(Attempt attempt, Instant now) {
    return switch (attempt) {
      case Attempt.Answered answer -> ofAnswer(answer, now);
      case Attempt.Unanswered(Kind kind) -> ofFailure(kind);
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

  private static Verdict ofFailure(Kind kind) {
    return switch (kind) {
      case NOT_CONNECTED -> new Away("no connection to the origin", true, Duration.ZERO);
      case NO_ANSWER -> new Away("no answer; the origin may have acted on it", true, Duration.ZERO);
      case BUSY -> new Away("all connections to the origin are taken", false, Duration.ZERO);
      case NOT_HTTP ->
          new Away("the head of the answer is cut off, or not HTTP", true, Duration.ZERO);
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
