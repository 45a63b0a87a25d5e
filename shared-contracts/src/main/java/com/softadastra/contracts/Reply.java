package com.softadastra.contracts;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a layer answers another: a value, or the problem for which there is none. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Reply<T>(@Nullable T value, @Nullable Problem problem) {
  public Reply {
    if ((value == null) == (problem == null)) {
      throw new IllegalArgumentException("a reply is a value or a problem");
    }
  }

  public static <T> Reply<T> of(T value) {
    return new Reply<>(value, null);
  }

  public static <T> Reply<T> refused(Problem problem) {
    return new Reply<>(null, problem);
  }

  /** The value that the supplier gives, or the problem with which it refuses. */
  public static <T> Reply<T> from(Supplier<T> supplier) {
    try {
      return of(supplier.get());
    } catch (Refused refused) {
      return refused(refused.problem());
    }
  }

  /**
   * @throws Refused where it is a problem
   */
  public T orThrow() {
    if (problem != null) {
      throw new Refused(problem);
    }
    return Objects.requireNonNull(value);
  }
}
