package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BloomFilterTest {
  private static final int MANY = 100_000;

  private final BloomFilter filter = new BloomFilter();

  @Test
  void hasAllThatWasAddedAndHardlyAnythingElse() {
    assertThat(filter.mayHave(name(0))).isFalse();
    IntStream.range(0, MANY).forEach(i -> filter.add(name(i)));
    assertThat(IntStream.range(0, MANY)).allMatch(i -> filter.mayHave(name(i)));
    long wrong = IntStream.range(MANY, 11 * MANY).filter(i -> filter.mayHave(name(i))).count();
    assertThat(wrong).isLessThan(500);
  }

  @Test
  void stillTellsMostApartWhenItHasAMillion() {
    IntStream.range(0, 10 * MANY).forEach(i -> filter.add(name(i)));
    long wrong = IntStream.range(10 * MANY, 11 * MANY).filter(i -> filter.mayHave(name(i))).count();
    assertThat(wrong).isBetween(500L, 5_000L);
  }

  private static String name(int i) {
    return "order-" + i;
  }
}
