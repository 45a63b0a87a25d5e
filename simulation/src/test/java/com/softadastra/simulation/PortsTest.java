package com.softadastra.simulation;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.softadastra.contracts.peering.PeerLinks;
import com.softadastra.contracts.time.Schedule;
import com.softadastra.engine.space.Reads;
import com.softadastra.sync.identity.IncarnationFile;
import com.softadastra.sync.storage.Journal;
import com.softadastra.sync.storage.Log;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.Set;

/** The simulation stands in for machinery and for nothing else of the product. */
@AnalyzeClasses(
    packages = "com.softadastra.simulation",
    importOptions = ImportOption.DoNotIncludeTests.class)
class PortsTest {
  /** Disk, network and time; a clock and randomness are the JDK's own types. */
  private static final Set<String> MACHINERY =
      Set.of(
          Journal.class.getName(),
          Log.class.getName(),
          Reads.class.getName(),
          IncarnationFile.class.getName(),
          PeerLinks.class.getName(),
          Schedule.class.getName(),
          Schedule.Due.class.getName());

  @ArchTest
  static final ArchRule implementsNoPortButDiskNetworkAndTime =
      classes()
          .should(
              new ArchCondition<>("implement no port of the product but machinery") {
                @Override
                public void check(JavaClass type, ConditionEvents events) {
                  for (var port : type.getAllRawInterfaces()) {
                    var name = port.getName();
                    boolean ofProduct =
                        name.startsWith("com.softadastra.")
                            && !name.startsWith("com.softadastra.simulation.");
                    if (ofProduct && !MACHINERY.contains(name)) {
                      events.add(
                          SimpleConditionEvent.violated(
                              type, type.getName() + " implements " + name));
                    }
                  }
                  for (var parent : type.getAllRawSuperclasses()) {
                    if (parent.getName().startsWith("com.softadastra.")
                        && !parent.getName().startsWith("com.softadastra.simulation.")) {
                      events.add(
                          SimpleConditionEvent.violated(
                              type, type.getName() + " extends " + parent.getName()));
                    }
                  }
                }
              });
}
