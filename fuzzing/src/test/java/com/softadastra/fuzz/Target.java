package com.softadastra.fuzz;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One decoder as the fuzzer sees it.
 *
 * @param name also the folder of its corpus
 * @param form in which its inputs are damaged
 * @param seeds inputs that it takes
 * @param refusals what it may throw; anything else is a fault
 * @param room what it may allocate for an input
 * @param longest how much of a processor's time an input may take
 * @param most bytes of the largest input
 * @param check what must hold of what was taken; not measured
 * @param generator makes an input of its own where byte-wise damage would not get far; null for
 *     none
 */
public record Target<T>(
    String name,
    Mutator.Form form,
    List<byte[]> seeds,
    List<Class<? extends Throwable>> refusals,
    Room room,
    Duration longest,
    int most,
    Decoder<T> decoder,
    Check<T> check,
    Generator generator) {

  /** Bytes: so many, and so many for each byte of the input. */
  public record Room(long fixed, int each) {
    long of(byte[] input) {
      return fixed + (long) each * input.length;
    }
  }

  /** Reads an input. */
  @FunctionalInterface
  public interface Decoder<T> {
    T decode(byte[] input) throws Exception;
  }

  /** Throws an {@link AssertionError} where what was taken should not have been. */
  @FunctionalInterface
  public interface Check<T> {
    void check(T decoded, byte[] input) throws Exception;
  }

  /** Makes an input; what it draws comes from the mutator. */
  @FunctionalInterface
  public interface Generator {
    byte[] next(Mutator mutator);
  }

  public static <T> Target<T> of(
      String name, Mutator.Form form, List<byte[]> seeds, Decoder<T> decoder) {
    return new Target<>(
        name,
        form,
        List.copyOf(seeds),
        List.of(),
        new Room(256 << 10, 16),
        Duration.ofSeconds(1),
        64 << 10,
        decoder,
        (_, _) -> {},
        null);
  }

  @SafeVarargs
  public final Target<T> refusingWith(Class<? extends Throwable>... kinds) {
    return new Target<>(
        name, form, seeds, List.of(kinds), room, longest, most, decoder, check, generator);
  }

  public Target<T> allocating(long fixed, int each) {
    return new Target<>(
        name,
        form,
        seeds,
        refusals,
        new Room(fixed, each),
        longest,
        most,
        decoder,
        check,
        generator);
  }

  public Target<T> upTo(int most) {
    return new Target<>(
        name, form, seeds, refusals, room, longest, most, decoder, check, generator);
  }

  public Target<T> checking(Check<T> check) {
    return new Target<>(
        name, form, seeds, refusals, room, longest, most, decoder, check, generator);
  }

  /** The one form: what is taken encodes to the bytes that were taken. */
  public Target<T> canonical(Encoder<T> encoder) {
    return checking((decoded, input) -> Bytes.same(input, encoder.encode(decoded)));
  }

  /** Writes what was read. */
  @FunctionalInterface
  public interface Encoder<T> {
    byte[] encode(T decoded) throws Exception;
  }

  /** A third of all inputs come from here. */
  public Target<T> generating(Generator generator) {
    return new Target<>(
        name, form, seeds, refusals, room, longest, most, decoder, check, generator);
  }

  Target<T> seededWith(List<byte[]> more) {
    var all = new ArrayList<>(seeds);
    all.addAll(more);
    return new Target<>(name, form, all, refusals, room, longest, most, decoder, check, generator);
  }
}
