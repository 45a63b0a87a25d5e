package com.softadastra.edge;

import com.softadastra.disk.CrashSubject;
import com.softadastra.guard.FailStop;
import com.softadastra.guard.GuardSettings;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * A store that is put through something, and what it has answered: each change counts, whole
 * commits or not. One store at a time is open to be changed.
 */
public abstract class Answering implements CrashSubject {
  protected static final FailStop THROWING =
      (file, cause) -> {
        throw new IllegalStateException(file + " stopped", cause);
      };

  private volatile Answered answered = Answered.of(0);
  private int begun;

  /**
   * What was answered.
   *
   * @param commits whole
   * @param changes of the commit after these, each by its number
   */
  public record Answered(int commits, Set<Long> changes) {
    public static Answered of(int commits) {
      return new Answered(commits, Set.of());
    }

    private Answered and(long change) {
      var all = new HashSet<>(changes);
      all.add(change);
      return new Answered(commits, Set.copyOf(all));
    }
  }

  /**
   * Creates the store, or opens what is there.
   *
   * @param settings but for the size of journals, which the store has its own of
   */
  public abstract Running open(String files, GuardSettings settings);

  /** Opens what is there and compares all of it. */
  public abstract Optional<String> violation(String files, Answered answered);

  @Override
  public final Session start(String files) {
    return open(files, GuardSettings.production().withFailStop(THROWING));
  }

  @Override
  public final Optional<String> violation(String files, int acknowledged) {
    return violation(files, Answered.of(acknowledged));
  }

  /** Any thread may ask. */
  public final Answered answered() {
    return answered;
  }

  /** On the thread that answers. */
  protected final void answer(long change) {
    answered = answered.and(change);
  }

  /** An open store, used by one thread. */
  public abstract class Running implements Session {

    /**
     * @param again whether they were handed in before, and maybe done
     * @return for each change its answer, which fails where it isn't the one that it has to be
     */
    protected abstract List<CompletableFuture<?>> handIn(int number, boolean again);

    /**
     * Also the same again.
     *
     * @throws RuntimeException where a change was answered with a failure
     * @throws AssertionError where it was answered with what isn't so
     */
    @Override
    public final void commit(int number) {
      boolean again = begun == number;
      begun = number;
      var answers = handIn(number, again);
      try {
        CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new)).join();
      } catch (CompletionException e) {
        for (var each : answers) {
          if (each.isCompletedExceptionally()
              && each.exceptionNow() instanceof AssertionError wrong) {
            throw wrong;
          }
        }
        throw e;
      }
      answered = Answered.of(number);
    }

    /**
     * Asks for all that there is.
     *
     * @return what is wrong of it
     * @throws RuntimeException where it can't be told
     */
    public abstract Optional<String> violation(Answered answered);

    @Override
    public abstract void close();

    /** Lets go of the files as they lie there. */
    public abstract void abandon();
  }
}
