package com.softadastra.contracts.suite;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * One call of a contract: with which arguments, and what comes of it.
 *
 * @param call makes the call; a stream is collected
 * @param arguments what the implementation receives
 * @param outcome what it answers: a value, a stream, or an exception that it throws
 * @param expected what the caller gets: a value, a stream's elements, or a failure
 */
public record ContractCase<C>(
    String method,
    Function<C, ?> call,
    List<@Nullable Object> arguments,
    Object outcome,
    Object expected) {

  static <C> ContractCase<C> of(
      String method, Object outcome, Function<C, ?> call, @Nullable Object... arguments) {
    return new ContractCase<>(method, call, Arrays.asList(arguments), outcome, outcome);
  }

  /** A call that answers a stream of these elements. */
  static <C, T> ContractCase<C> ofStream(
      String method, List<T> elements, Function<C, Flux<T>> call, @Nullable Object... arguments) {
    return new ContractCase<>(
        method,
        contract -> call.apply(contract).collectList().block(Awaiting.DEADLINE),
        Arrays.asList(arguments),
        Flux.fromIterable(elements),
        elements);
  }

  /** A call that answers a stream that only fails. */
  static <C, T> ContractCase<C> ofFailingStream(
      String method,
      RuntimeException failure,
      Function<C, Flux<T>> call,
      @Nullable Object... arguments) {
    return new ContractCase<>(
        method,
        contract -> call.apply(contract).collectList().block(Awaiting.DEADLINE),
        Arrays.asList(arguments),
        Flux.error(failure),
        failure);
  }

  @Override
  public String toString() {
    var shown = String.valueOf(expected);
    return method + " -> " + shown.substring(0, Math.min(shown.length(), 60));
  }
}
