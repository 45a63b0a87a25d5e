package com.softadastra.contracts;

/**
 * Carries a {@link Problem} up to the border of a layer, where it becomes a {@link Reply} or an
 * HTTP answer.
 */
public final class Refused extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final transient Problem problem;

  public Refused(Problem problem) {
    super(problem.code().slug() + ": " + problem.detail(), null, false, false);
    this.problem = problem;
  }

  public Refused(ProblemCode code, String detail) {
    this(Problem.of(code, detail));
  }

  public Problem problem() {
    return problem;
  }
}
