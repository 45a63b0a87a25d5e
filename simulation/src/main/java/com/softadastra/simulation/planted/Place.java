package com.softadastra.simulation.planted;

import static net.bytebuddy.matcher.ElementMatchers.isConstructor;
import static net.bytebuddy.matcher.ElementMatchers.isDeclaredBy;
import static net.bytebuddy.matcher.ElementMatchers.nameMatches;
import static net.bytebuddy.matcher.ElementMatchers.named;
import static net.bytebuddy.matcher.ElementMatchers.takesArguments;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.AsmVisitorWrapper;
import net.bytebuddy.asm.MemberSubstitution;
import net.bytebuddy.description.method.MethodDescription;
import net.bytebuddy.dynamic.DynamicType;
import net.bytebuddy.implementation.FixedValue;
import net.bytebuddy.implementation.Implementation;
import net.bytebuddy.implementation.StubMethod;
import net.bytebuddy.matcher.ElementMatcher;

/**
 * A method of the product, and what happens instead of what it says.
 *
 * @param type the binary name of its class
 * @param method which of its methods
 */
record Place(
    String type,
    ElementMatcher.Junction<MethodDescription> method,
    UnaryOperator<DynamicType.Builder<?>> change) {
  private static final String PRODUCT = "com.softadastra.";

  /** Names a method whose mistake is yet to be said. */
  static Choice in(String type, String method) {
    return new Choice(PRODUCT + type, named(method));
  }

  static Choice in(String type, String method, int arguments) {
    return new Choice(PRODUCT + type, named(method).and(takesArguments(arguments)));
  }

  static Choice made(String type) {
    return new Choice(PRODUCT + type, isConstructor());
  }

  /** A method without a mistake yet. */
  record Choice(String type, ElementMatcher.Junction<MethodDescription> method) {
    /** It does nothing, and answers nothing, zero or false. */
    Place doesNothing() {
      return implemented(StubMethod.INSTANCE);
    }

    Place answers(Object constant) {
      return implemented(FixedValue.value(constant));
    }

    /** It answers what it is given. */
    Place answersArgument(int index) {
      return implemented(FixedValue.argument(index));
    }

    private Place implemented(Implementation implementation) {
      return new Place(
          type, method, builder -> builder.method(isHere(method)).intercept(implementation));
    }

    /** It does more than it says, as an {@link Advice} tells. */
    Place with(Class<?> advice) {
      return visited(Advice.to(advice).on(method));
    }

    /**
     * It calls this instead; a call of an object hands the object in first.
     *
     * @param callee the simple name of a class, a dot, and that of a method
     */
    Place calls(String callee, Class<?> instead, String method) {
      return visited(
          MemberSubstitution.relaxed()
              .method(called(callee))
              .replaceWith(method(instead, method))
              .on(this.method));
    }

    /** It leaves out these calls; they answer nothing, zero or false. */
    Place leavesOut(String callee) {
      return visited(MemberSubstitution.relaxed().method(called(callee)).stub().on(method));
    }

    private Place visited(AsmVisitorWrapper visitor) {
      return new Place(type, method, builder -> builder.visit(visitor));
    }

    // the builder asks for inherited methods too
    private ElementMatcher<MethodDescription> isHere(ElementMatcher.Junction<MethodDescription> m) {
      return m.and(isDeclaredBy(named(type)));
    }

    private static ElementMatcher.Junction<MethodDescription> called(String callee) {
      int dot = callee.indexOf('.');
      return named(callee.substring(dot + 1))
          .and(isDeclaredBy(nameMatches(".*[.$]" + callee.substring(0, dot))));
    }

    private static Method method(Class<?> owner, String name) {
      return Arrays.stream(owner.getDeclaredMethods())
          .filter(method -> method.getName().equals(name))
          .findFirst()
          .orElseThrow(() -> new IllegalStateException(owner + " has no method " + name));
    }
  }
}
