package com.softadastra.contracts.link;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/**
 * One method of a contract interface: what it is called on the wire and in which forms its values
 * cross.
 *
 * @param route {@code Contract.method}
 * @param arguments without the one that streams
 * @param inlet the form of the elements of the one argument that streams; null where none does
 * @param inletAt its place among the parameters
 * @param result of the one answer, or of each element
 * @param streams whether it returns a {@link Flux}
 * @param patienceAt the place of a {@link Duration} named {@code patience}, or -1
 */
record ContractMethod(
    Method method,
    String route,
    List<WireForm> arguments,
    @Nullable WireForm inlet,
    int inletAt,
    WireForm result,
    boolean streams,
    int patienceAt) {

  /**
   * The methods of a contract by their routes; default and static ones are not part of it.
   *
   * @throws IllegalArgumentException where it is no interface or has a method that no link carries:
   *     an overloaded one, one with two streams in, one with a publisher that is no {@link Flux}
   */
  static Map<String, ContractMethod> of(Class<?> contract) {
    if (!contract.isInterface()) {
      throw new IllegalArgumentException(contract + " is not an interface");
    }
    var methods = new HashMap<String, ContractMethod>();
    for (var method : contract.getMethods()) {
      if (Modifier.isAbstract(method.getModifiers())) {
        var route = contract.getSimpleName() + "." + method.getName();
        if (methods.put(route, of(method, route)) != null) {
          throw new IllegalArgumentException(route + " is overloaded");
        }
      }
    }
    return methods;
  }

  private static ContractMethod of(Method method, String route) {
    var arguments = new ArrayList<WireForm>();
    WireForm inlet = null;
    int inletAt = -1;
    int patienceAt = -1;
    var parameters = method.getParameters();
    for (int i = 0; i < parameters.length; i++) {
      var type = parameters[i].getParameterizedType();
      if (!isFlux(type, route)) {
        arguments.add(new WireForm(type));
      } else if (inlet == null) {
        inlet = new WireForm(element(type));
        inletAt = i;
      } else {
        throw new IllegalArgumentException(route + " has two arguments that stream");
      }
      if (type == Duration.class && parameters[i].getName().equals("patience")) {
        patienceAt = i;
      }
    }
    var returned = method.getGenericReturnType();
    boolean streams = isFlux(returned, route);
    var result = new WireForm(streams ? element(returned) : returned);
    return new ContractMethod(
        method, route, List.copyOf(arguments), inlet, inletAt, result, streams, patienceAt);
  }

  private static boolean isFlux(Type type, String route) {
    var raw = type instanceof ParameterizedType parameterized ? parameterized.getRawType() : type;
    if (raw instanceof Class<?> known && Publisher.class.isAssignableFrom(known)) {
      if (type instanceof ParameterizedType && known == Flux.class) {
        return true;
      }
      throw new IllegalArgumentException(route + ": no link carries " + type.getTypeName());
    }
    return false;
  }

  private static Type element(Type flux) {
    return ((ParameterizedType) flux).getActualTypeArguments()[0];
  }

  /** The request for a call, without the argument that streams. */
  byte[] request(@Nullable Object[] values) {
    var plain = new ArrayList<@Nullable Object>(Arrays.asList(values));
    if (inlet != null) {
      plain.remove(inletAt);
    }
    return WireForm.writeAll(arguments, plain);
  }

  /** The elements to send, for a call with an argument that streams; else none. */
  Flux<byte[]> inlet(@Nullable Object[] values) {
    return inlet != null && values[inletAt] instanceof Flux<?> flux
        ? flux.map(inlet::write)
        : Flux.empty();
  }

  /** How long the caller wants to wait for the answer by its own argument; zero without one. */
  Duration patience(@Nullable Object[] values) {
    return patienceAt >= 0 && values[patienceAt] instanceof Duration patience
        ? patience
        : Duration.ZERO;
  }

  /**
   * Calls the implementation on this thread.
   *
   * @param elements what arrives for the argument that streams
   * @return the elements, the one result, or nothing for null
   */
  Flux<byte[]> call(Object implementation, byte[] request, Flux<byte[]> elements) throws Throwable {
    var values =
        new ArrayList<@Nullable Object>(Arrays.asList(WireForm.readAll(arguments, request)));
    if (inlet != null) {
      values.add(inletAt, elements.map(inlet::read));
    }
    try {
      var returned = method.invoke(implementation, values.toArray());
      if (returned instanceof Flux<?> flux && streams) {
        return flux.map(result::write);
      }
      return returned == null ? Flux.empty() : Flux.just(result.write(returned));
    } catch (InvocationTargetException e) {
      throw e.getTargetException();
    }
  }
}
