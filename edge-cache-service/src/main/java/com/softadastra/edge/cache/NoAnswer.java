package com.softadastra.edge.cache;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.edge.policy.CacheStatus;

/** Neither the store nor the origin has an answer. */
public final class NoAnswer extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Problem problem;
  private final transient CacheStatus cacheStatus;

  NoAnswer(ProblemCode code, String detail, CacheStatus cacheStatus) {
    this(Problem.of(code, detail), cacheStatus);
  }

  private NoAnswer(Problem problem, CacheStatus cacheStatus) {
    super(problem.detail(), null, false, false);
    this.problem = problem;
    this.cacheStatus = cacheStatus;
  }

  NoAnswer with(String name, String value) {
    return new NoAnswer(problem.with(name, value), cacheStatus);
  }

  public Problem problem() {
    return problem;
  }

  public CacheStatus cacheStatus() {
    return cacheStatus;
  }
}
