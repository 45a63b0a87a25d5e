package com.softadastra.simulation;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.mail.MailLinks;
import com.softadastra.contracts.peering.PeerLinks;
import com.softadastra.contracts.time.Schedule;
import com.softadastra.disk.DiskFault;
import com.softadastra.engine.space.Reads;
import com.softadastra.guard.FailStop;
import com.softadastra.sync.documents.Receipts;
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
import java.io.IOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.constant.ClassDesc;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

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

  /** What is stood in for, or asked of the product's own, by a lambda. */
  private static final Set<String> LAMBDAS =
      Set.of(
          Schedule.Due.class.getName(),
          MailLinks.class.getName(),
          FailStop.class.getName(),
          DiskFault.class.getName(),
          // which the product's CustodyBook answers, as it does in a node
          Receipts.Custody.class.getName());

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

  /** A lambda, or a reference to a method, is an object of the interface that it stands for. */
  @Test
  void norDoesALambda() throws IOException {
    var classes = Path.of("target", "classes", "com", "softadastra", "simulation");
    var found = new TreeSet<String>();
    try (var files = Files.walk(classes)) {
      for (var file : files.filter(each -> each.toString().endsWith(".class")).toList()) {
        for (var method : ClassFile.of().parse(file).methods()) {
          method
              .code()
              .ifPresent(code ->
                  code.forEach(element -> {
                    if (element instanceof InvokeDynamicInstruction made) {
                      var port = name(made.typeSymbol().returnType());
                      if (port.startsWith("com.softadastra.")
                          && !port.startsWith("com.softadastra.simulation.")) {
                        found.add(port);
                      }
                    }
                  }));
        }
      }
    }

    assertThat(found).isEqualTo(new TreeSet<>(LAMBDAS));
  }

  private static String name(ClassDesc type) {
    return type.isClassOrInterface() ? type.packageName() + "." + type.displayName() : "";
  }
}
