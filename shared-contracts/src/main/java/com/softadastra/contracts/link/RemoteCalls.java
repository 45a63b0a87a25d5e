package com.softadastra.contracts.link;

import io.rsocket.Payload;
import io.rsocket.RSocket;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import tools.jackson.core.JacksonException;

/** Turns calls of a contract's proxy into requests over the connection. */
final class RemoteCalls implements InvocationHandler {
  private static final @Nullable Object[] NO_ARGUMENTS = {};

  private final Class<?> contract;
  private final String layer;
  private final Mono<RSocket> connection;
  private final Duration callTimeout;
  private final Map<String, ContractMethod> methods;

  RemoteCalls(Class<?> contract, String layer, Mono<RSocket> connection, Duration callTimeout) {
    this.contract = contract;
    this.layer = layer;
    this.connection = connection;
    this.callTimeout = callTimeout;
    this.methods = ContractMethod.of(contract);
  }

  @Override
  public @Nullable Object invoke(
      Object proxy, Method method, @Nullable Object @Nullable [] arguments) throws Throwable {
    var values = arguments == null ? NO_ARGUMENTS : arguments;
    if (method.getDeclaringClass() == Object.class) {
      return switch (method.getName()) {
        case "equals" -> proxy == values[0];
        case "hashCode" -> System.identityHashCode(proxy);
        default -> layer;
      };
    }
    var called = methods.get(contract.getSimpleName() + "." + method.getName());
    if (called == null) {
      return InvocationHandler.invokeDefault(proxy, method, arguments);
    }
    return called.streams() ? stream(called, values) : await(called, values);
  }

  private Flux<?> stream(ContractMethod called, @Nullable Object[] values) {
    return exchange(called, values)
        .publishOn(LinkProtocol.CALLS, LinkProtocol.WINDOW)
        .map(called.result()::read)
        .onErrorMap(failure -> WireFailure.fromWire(layer, failure));
  }

  private @Nullable Object await(ContractMethod called, @Nullable Object[] values) {
    if (Schedulers.isInNonBlockingThread()) {
      throw new IllegalStateException(
          called.route() + " blocks, which the event loop " + Thread.currentThread() + " must not");
    }
    var limit = callTimeout.plus(called.patience(values));
    try {
      var answer =
          exchange(called, values)
              .singleOrEmpty()
              .timeout(limit, Mono.error(() -> new TimeoutException("no answer within " + limit)))
              .onErrorMap(failure -> WireFailure.fromWire(layer, failure))
              .block();
      return answer == null ? null : called.result().read(answer);
    } catch (JacksonException e) {
      throw WireFailure.fromWire(layer, e);
    }
  }

  private Flux<byte[]> exchange(ContractMethod called, @Nullable Object[] values) {
    var request = called.request(values);
    var route = LinkProtocol.utf8(called.route());
    return connection
        .flatMapMany(socket -> send(called, values, socket, LinkProtocol.payload(request, route)))
        .map(LinkProtocol::data);
  }

  private static Publisher<Payload> send(
      ContractMethod called, @Nullable Object[] values, RSocket socket, Payload request) {
    if (called.inlet() == null) {
      return called.streams() ? socket.requestStream(request) : socket.requestResponse(request);
    }
    var elements =
        called
            .inlet(values)
            .map(LinkProtocol::payload)
            .onErrorMap(WireFailure::toWire)
            .cancelOn(LinkProtocol.CALLS)
            .subscribeOn(LinkProtocol.CALLS, true);
    return socket.requestChannel(Flux.concat(Mono.just(request), elements));
  }
}
