package com.softadastra.simulation.planted;

import com.softadastra.simulation.plan.Feature;
import com.softadastra.simulation.world.LogWitness;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.LongFunction;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.dynamic.ClassFileLocator;
import net.bytebuddy.dynamic.DynamicType;
import net.bytebuddy.pool.TypePool;
import org.jspecify.annotations.Nullable;

/**
 * A copy of the product's classes with a fault in them, and of the simulation's, which run them.
 * Both are defined anew here, so that nothing of it reaches any other copy; libraries are shared.
 */
final class PlantedProduct extends ClassLoader {
  private static final List<String> COPIED =
      List.of(
          "com.softadastra.engine.",
          "com.softadastra.sync.",
          "com.softadastra.edge.",
          "com.softadastra.guard.",
          "com.softadastra.simulation.");

  static {
    registerAsParallelCapable();
  }

  private final ClassLoader original;
  private final Map<String, byte[]> changed = new HashMap<>();

  /**
   * @throws IllegalStateException where a place of the fault is not to be found, or nothing in it
   *     changes, or what faults reach by name is not there
   */
  PlantedProduct(PlantedFault fault) {
    super("planted: " + fault.name(), PlantedProduct.class.getClassLoader());
    this.original = PlantedProduct.class.getClassLoader();
    var locator = ClassFileLocator.ForClassLoader.of(original);
    var pool = TypePool.Default.of(locator);
    var builders = new HashMap<String, DynamicType.Builder<?>>();
    for (var place : fault.places()) {
      var found = pool.describe(place.type());
      if (!found.isResolved()
          || found.resolve().getDeclaredMethods().filter(place.method()).isEmpty()) {
        throw lost(fault, place);
      }
      builders.merge(
          place.type(),
          place.change().apply(new ByteBuddy().redefine(found.resolve(), locator)),
          (before, _) -> place.change().apply(before));
    }
    for (var place : fault.places()) {
      var type = pool.describe(place.type()).resolve();
      var same = new ByteBuddy().redefine(type, locator).make().getBytes();
      if (Arrays.equals(
          same, place.change().apply(new ByteBuddy().redefine(type, locator)).make().getBytes())) {
        throw lost(fault, place);
      }
    }
    builders.forEach((type, builder) -> changed.put(type, builder.make().getBytes()));
    try {
      // looks up what it reaches by name
      Class.forName(Instead.class.getName(), true, this);
    } catch (ClassNotFoundException | LinkageError e) {
      throw new IllegalStateException(
          "the fault '" + fault.name() + "' can't be planted any more: " + e.getCause(), e);
    }
  }

  private static IllegalStateException lost(PlantedFault fault, Place place) {
    return new IllegalStateException(
        "the fault '"
            + fault.name()
            + "' can't be planted any more: "
            + place.type()
            + ", "
            + place.method());
  }

  /** Runs a seed on it; answers the invariant that broke and how, null where none did. */
  LongFunction<@Nullable String> trial() {
    return trial(Feature::of);
  }

  /**
   * @param features what there is in a seed's world
   */
  @SuppressWarnings("unchecked")
  LongFunction<@Nullable String> trial(LongFunction<Set<Feature>> features) {
    var trial = (BiFunction<Long, List<String>, @Nullable String>) of(Trial.class);
    return seed -> trial.apply(seed, features.apply(seed).stream().map(Feature::name).toList());
  }

  /** Something of the simulation's, with the planted product beneath it. */
  Object of(Class<?> type) {
    try {
      return loadClass(type.getName()).getDeclaredConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("the planted product doesn't run", e);
    }
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (COPIED.stream().noneMatch(name::startsWith) || name.equals(LogWitness.class.getName())) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      var known = findLoadedClass(name);
      return known != null ? known : define(name);
    }
  }

  private Class<?> define(String name) throws ClassNotFoundException {
    var bytes = changed.get(name);
    if (bytes == null) {
      try (var in = original.getResourceAsStream(name.replace('.', '/') + ".class")) {
        if (in == null) {
          throw new ClassNotFoundException(name);
        }
        bytes = in.readAllBytes();
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
    return defineClass(name, bytes, 0, bytes.length);
  }
}
