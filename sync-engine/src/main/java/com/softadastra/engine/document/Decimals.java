package com.softadastra.engine.document;

import com.softadastra.contracts.json.Json;
import java.math.BigDecimal;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Arithmetic on numbers as they were written, exact, and within bounds on their length. */
final class Decimals {
  // Numbers further apart than this would need more digits than anyone wrote.
  private static final int MOST_DIGITS = 1000;

  private Decimals() {}

  /**
   * The number, where it is one that can be added to.
   *
   * @param json null counts as 0
   */
  static Optional<BigDecimal> of(@Nullable Json json) {
    if (json == null) {
      return Optional.of(BigDecimal.ZERO);
    }
    // reading a million digits takes seconds
    if (!(json instanceof Json.Num(var text)) || text.length() > 3 * MOST_DIGITS) {
      return Optional.empty();
    }
    try {
      var number = new BigDecimal(text);
      boolean wide =
          Math.abs((long) number.scale()) > MOST_DIGITS || number.precision() > MOST_DIGITS;
      return wide ? Optional.empty() : Optional.of(number);
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  static Json.Num json(BigDecimal number) {
    return new Json.Num(number.toPlainString());
  }
}
