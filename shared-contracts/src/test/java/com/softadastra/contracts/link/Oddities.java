package com.softadastra.contracts.link;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/** Signatures that a contract may have and that the product's own contracts don't. */
public interface Oddities {
  byte @Nullable [] bytes(byte @Nullable [] given);

  @Nullable String text(@Nullable String given, @Nullable Instant at, @Nullable List<String> more);

  void nothing();

  long sum(int a, long b, boolean negate, double fraction);

  Map<String, List<Instant>> nested(Map<String, List<Instant>> given);

  /** The sum of the lengths. */
  long upload(String prefix, Flux<byte[]> content, @Nullable String suffix);

  /** Each text twice. */
  Flux<String> echo(Flux<String> texts);

  default String greeting() {
    return "text is " + text("x", null, null);
  }

  /** Implemented as its methods say. */
  final class Honest implements Oddities {
    @Override
    public byte @Nullable [] bytes(byte @Nullable [] given) {
      return given;
    }

    @Override
    public @Nullable String text(
        @Nullable String given, @Nullable Instant at, @Nullable List<String> more) {
      return given == null && at == null && more == null ? null : given + at + more;
    }

    @Override
    public void nothing() {}

    @Override
    public long sum(int a, long b, boolean negate, double fraction) {
      long sum = a + b + (long) (fraction * 4);
      return negate ? -sum : sum;
    }

    @Override
    public Map<String, List<Instant>> nested(Map<String, List<Instant>> given) {
      return given;
    }

    @Override
    public long upload(String prefix, Flux<byte[]> content, @Nullable String suffix) {
      long length = content.map(it -> (long) it.length).reduce(0L, Long::sum).blockOptional().get();
      return length + prefix.length() + (suffix == null ? 0 : suffix.length());
    }

    @Override
    public Flux<String> echo(Flux<String> texts) {
      return texts.flatMapIterable(it -> List.of(it, it));
    }
  }
}
