package com.softadastra.node.demo;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** Asks a node many things, several at a time. */
final class Questions {
  private static final int IN_FLIGHT = 16;

  private Questions() {}

  /** The answers in the order of what they are about; empty ones are left out. */
  static <T> List<String> each(Collection<T> all, Function<T, String> question)
      throws InterruptedException {
    try (var threads = Executors.newFixedThreadPool(IN_FLIGHT, Thread.ofVirtual().factory())) {
      var questions =
          all.stream().map(one -> (Callable<String>) () -> question.apply(one)).toList();
      var answers = new ArrayList<String>();
      for (var answer : threads.invokeAll(questions)) {
        String said = answer.get();
        if (!said.isEmpty()) {
          answers.add(said);
        }
      }
      return answers;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
    }
  }
}
