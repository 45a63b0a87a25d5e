package com.softadastra.contracts.suite;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * The calls that a fake received, and the outcomes it was given to answer them with, in order. Any
 * thread may call.
 */
public abstract class Recording {
  /** One call; a stream among the arguments is kept as its elements, once it has ended. */
  public record Call(String method, List<@Nullable Object> arguments) {}

  private final ConcurrentLinkedQueue<Call> calls = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Object> outcomes = new ConcurrentLinkedQueue<>();

  /** What the next call without an outcome answers; an exception is thrown. */
  public void willAnswer(Object outcome) {
    outcomes.add(outcome);
  }

  /** The calls so far, in the order in which they came. */
  public List<Call> calls() {
    return List.copyOf(calls);
  }

  @SuppressWarnings("unchecked")
  <T> T answer(String method, @Nullable Object... arguments) {
    calls.add(new Call(method, new ArrayList<>(Arrays.asList(arguments))));
    var outcome = outcomes.poll();
    if (outcome == null) {
      throw new IllegalStateException("nobody said what " + method + " answers");
    }
    if (outcome instanceof RuntimeException failure) {
      throw failure;
    }
    return (T) outcome;
  }
}
