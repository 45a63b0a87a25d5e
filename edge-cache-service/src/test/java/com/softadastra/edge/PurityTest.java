package com.softadastra.edge;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Instant;

@AnalyzeClasses(
    packages = "com.softadastra.edge",
    importOptions = ImportOption.DoNotIncludeTests.class)
class PurityTest {
  @ArchTest
  static final ArchRule theRulesKnowNoShell =
      classes()
          .that()
          .resideInAPackage("..policy..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "com.softadastra.edge.policy",
              "java.lang..",
              "java.util..",
              "java.time..",
              "org.jspecify..",
              "java.net");

  @ArchTest
  static final ArchRule theRulesKnowNoClock =
      noClasses()
          .that()
          .resideInAPackage("..policy..")
          .should()
          .callMethod(Instant.class, "now")
          .orShould()
          .callMethod(System.class, "currentTimeMillis");
}
