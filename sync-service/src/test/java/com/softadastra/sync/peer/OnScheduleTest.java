package com.softadastra.sync.peer;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.softadastra.engine.session.Session;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.lang.syntax.elements.ClassesShould;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Lanes, channels and sessions take time, threads and randomness from their surroundings alone, so
 * that they run in a simulation as they are. {@link Pairing} and {@link PeeringService} answer
 * callers that wait on threads of their own; a simulation doesn't call them.
 */
class OnScheduleTest {
  private static final JavaClasses DRIVEN =
      new ClassFileImporter()
          .withImportOption(new DoNotIncludeTests())
          .importPackagesOf(Session.class, Exchanges.class)
          .that(
              DescribedPredicate.not(
                  belongToAnyOf(Pairing.class, PeeringService.class, PeerConfiguration.class)));

  private static final DescribedPredicate<JavaClass> WAITING =
      belongToAnyOf(
              Thread.class,
              LockSupport.class,
              Executors.class,
              ForkJoinPool.class,
              CountDownLatch.class,
              CyclicBarrier.class,
              Semaphore.class,
              Schedulers.class)
          .or(assignableTo(Lock.class))
          .or(assignableTo(Condition.class))
          .or(assignableTo(BlockingQueue.class))
          .or(assignableTo(Scheduler.class))
          .as("threads, locks and what waits");

  private static ClassesShould none() {
    return noClasses().should();
  }

  @Test
  void nothingStartsAThreadOrWaits() {
    none().dependOnClassesThat(WAITING).check(DRIVEN);
    none()
        .callMethodWhere(
            JavaCall.Predicates.target(owner(assignableTo(Future.class)))
                .and(JavaCall.Predicates.target(nameMatching("get|join"))))
        .orShould()
        .callMethodWhere(
            JavaCall.Predicates.target(owner(resideInAnyPackage("reactor..")))
                .and(JavaCall.Predicates.target(nameMatching("block.*|toIterable|toStream"))))
        .orShould()
        .callMethod(Object.class, "wait")
        .check(DRIVEN);
  }

  @Test
  void nothingTakesAnotherExecutorOrTimer() {
    none()
        .callMethodWhere(
            JavaCall.Predicates.target(owner(assignableTo(CompletableFuture.class)))
                .and(
                    JavaCall.Predicates.target(
                        nameMatching("orTimeout|completeOnTimeout|delayed.*"))))
        .orShould()
        .callMethodWhere(
            JavaCall.Predicates.target(owner(assignableTo(Flux.class).or(assignableTo(Mono.class))))
                .and(
                    JavaCall.Predicates.target(
                        nameMatching(
                            "delay.*|interval|timeout|publishOn|subscribeOn|sample.*|buffer.*"))))
        .check(DRIVEN);
  }

  @Test
  void nothingReadsAClockOfItsOwn() {
    none()
        .dependOnClassesThat(belongToAnyOf(Clock.class))
        .orShould()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(Instant.class, "now")
        .check(DRIVEN);
  }

  @Test
  void nothingDrawsOfItsOwn() {
    none()
        .dependOnClassesThat(
            belongToAnyOf(
                Random.class,
                SplittableRandom.class,
                SecureRandom.class,
                ThreadLocalRandom.class,
                UUID.class))
        .orShould()
        .callMethod(Math.class, "random")
        .orShould()
        .callMethodWhere(
            JavaCall.Predicates.target(owner(name("java.util.random.RandomGenerator")))
                .and(JavaCall.Predicates.target(nameMatching("getDefault|of"))))
        .check(DRIVEN);
  }
}
