package com.softadastra.fuzz;

import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** One target as Jazzer calls it, in the process that {@link GuidedFuzzing} starts for it. */
public final class GuidedTarget {
  private static Fuzzing.Run<?> run;

  private GuidedTarget() {}

  /**
   * @param arguments the class that has the target, and the target's name
   */
  public static void fuzzerInitialize(String[] arguments) throws Exception {
    var target =
        of(Class.forName(arguments[0]), Files.createTempDirectory("guided")).stream()
            .filter(each -> each.name().equals(arguments[1]))
            .findAny()
            .orElseThrow();
    // what traces comparisons allocates on the same thread, a megabyte for a path of 59 bytes
    run = new Fuzzing.Run<>(target.allocating(Long.MAX_VALUE, 0));
    for (byte[] seed : run.seeds()) {
      run.give("a seed", seed);
    }
  }

  public static void fuzzerTestOneInput(byte[] input) {
    run.give("and that file in the corpus", input);
  }

  /**
   * The targets of a class with a test factory that ends in {@link Fuzzing#of}.
   *
   * @param folder takes the place of a temporary folder
   */
  static List<Target<?>> of(Class<?> test, Path folder) throws Exception {
    var constructor = test.getDeclaredConstructor();
    constructor.setAccessible(true);
    var instance = constructor.newInstance();
    for (var field : test.getDeclaredFields()) {
      if (field.isAnnotationPresent(TempDir.class)) {
        field.setAccessible(true);
        field.set(instance, folder);
      }
    }
    var targets = new ArrayList<Target<?>>();
    Fuzzing.COLLECTING.set(targets);
    try {
      for (Method factory :
          Arrays.stream(test.getDeclaredMethods())
              .filter(method -> method.isAnnotationPresent(TestFactory.class))
              .toList()) {
        factory.setAccessible(true);
        factory.invoke(instance);
      }
    } finally {
      Fuzzing.COLLECTING.remove();
    }
    return targets;
  }
}
