package com.softadastra.engine;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.softadastra.engine.log.Entry;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

/** An event and the time go into the engine, a decision comes out: nothing else may go in. */
class EnginePurityTest {
  private static final JavaClasses ENGINE =
      new ClassFileImporter()
          .importUrl(Entry.class.getProtectionDomain().getCodeSource().getLocation());

  @Test
  void knowsNoFrameworkAndNoDatabase() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.springframework..", "java.sql..", "javax.sql..", "reactor..")
        .check(ENGINE);
  }

  @Test
  void startsNoThreads() {
    noClasses()
        .should()
        .dependOnClassesThat(
            belongToAnyOf(Thread.class, ExecutorService.class, Executors.class, ForkJoinPool.class))
        .orShould()
        .dependOnClassesThat()
        .haveSimpleNameEndingWith("Executor")
        .check(ENGINE);
  }

  @Test
  void readsNoClock() {
    noClasses()
        .should()
        .dependOnClassesThat(belongToAnyOf(Clock.class))
        .orShould()
        .callMethod(System.class, "currentTimeMillis")
        .orShould()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(Instant.class, "now")
        .check(ENGINE);
  }

  @Test
  void drawsNoRandomness() {
    noClasses()
        .should()
        .dependOnClassesThat(
            belongToAnyOf(Random.class, SecureRandom.class, ThreadLocalRandom.class, UUID.class))
        .orShould()
        .callMethod(Math.class, "random")
        .check(ENGINE);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("com.softadastra.engine.(*)..").should().beFreeOfCycles().check(ENGINE);
  }
}
