package com.softadastra.node;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Which way packages look, in all that a node is made of. */
@AnalyzeClasses(packages = "com.softadastra", importOptions = ImportOption.DoNotIncludeTests.class)
class PackagesTest {
  private static final String[] HTTP = {"com.softadastra..web..", "com.softadastra..http.."};
  private static final String[] LINKS = {"com.softadastra..rsocket..", "com.softadastra..link.."};
  private static final String[] STORAGE = {
    "com.softadastra..guard..", "com.softadastra..storage.."
  };

  @ArchTest
  static final ArchRule formNoCycles =
      slices().matching("com.softadastra.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule httpKnowsNoLinks =
      noClasses()
          .that()
          .resideInAnyPackage(HTTP)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(LINKS);

  @ArchTest
  static final ArchRule linksKnowNeitherHttpNorStorage =
      noClasses()
          .that()
          .resideInAnyPackage(LINKS)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(HTTP)
          .orShould()
          .dependOnClassesThat()
          .resideInAnyPackage(STORAGE);

  @ArchTest
  static final ArchRule storageKnowsNeitherHttpNorLinks =
      noClasses()
          .that()
          .resideInAnyPackage(STORAGE)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(HTTP)
          .orShould()
          .dependOnClassesThat()
          .resideInAnyPackage(LINKS);
}
