package com.softadastra.engine.cbor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.engine.cbor.CborReader.Malformed;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CborTest {
  @Test
  void readsWhatWasWritten() {
    for (long seed = 1; seed <= 2000; seed++) {
      var random = new Random(seed);
      var out = new CborWriter(random.nextInt(64));
      var values = new Object[random.nextInt(20)];
      out.array(values.length);
      for (int i = 0; i < values.length; i++) {
        switch (random.nextInt(5)) {
          case 0 -> {
            long value = random.nextLong() >>> 1 + random.nextInt(63);
            values[i] = value;
            out.unsigned(value);
          }
          case 1 -> {
            byte[] value = new byte[random.nextInt(400)];
            random.nextBytes(value);
            values[i] = value;
            out.bytes(value);
          }
          case 2 -> {
            var value = "aß\u0000€😀".repeat(random.nextInt(40));
            values[i] = value;
            out.text(value);
          }
          case 3 -> out.textOrNull(null);
          default -> out.bytesOrNull(null);
        }
      }
      var in = new CborReader(out.toByteArray());
      assertThat(in.array(0, 20)).as("seed %d", seed).isEqualTo(values.length);
      for (var value : values) {
        switch (value) {
          case null -> assertThat(in.skipNull()).as("seed %d", seed).isTrue();
          case Long number -> assertThat(in.unsigned()).as("seed %d", seed).isEqualTo(number);
          case String text -> assertThat(in.textOrNull(1000)).as("seed %d", seed).isEqualTo(text);
          default -> assertThat(in.bytesOrNull(400)).as("seed %d", seed).isEqualTo(value);
        }
      }
      in.end();
    }
  }

  @ParameterizedTest
  @ValueSource(
      longs = {0, 23, 24, 255, 256, 65_535, 65_536, 0xffff_ffffL, 0x1_0000_0000L, Long.MAX_VALUE})
  void numbersTakeTheirShortestForm(long value) {
    byte[] bytes = new CborWriter(0).unsigned(value).toByteArray();
    assertThat(bytes)
        .hasSize(
            value < 24 ? 1 : value < 256 ? 2 : value < 65_536 ? 3 : value < 0x1_0000_0000L ? 5 : 9);
    assertThat(new CborReader(bytes).unsigned()).isEqualTo(value);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1800", "1817", "190017", "1900ff", "1a00000000", "1a0000ffff", "1b0000000000000001",
        "1b00000000ffffffff", "1b8000000000000000", "1bffffffffffffffff", "1c", "1f", "18", "19ff",
        "", "20", "f5", "f6", "40", "c001"
      })
  void refusesOtherFormsOfNumbers(String hex) {
    assertThatThrownBy(() -> reader(hex).unsigned()).isInstanceOf(Malformed.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"5801aa", "5f41aaff", "5bffffffffffffffff", "5a7fffffff00", "4200", "60"})
  void refusesOtherFormsOfBytes(String hex) {
    assertThatThrownBy(() -> reader(hex).bytes(Integer.MAX_VALUE)).isInstanceOf(Malformed.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"61ff", "62c080", "63eda080", "64f4908080", "62c3", "780161", "7f6161ff"})
  void refusesOtherFormsOfText(String hex) {
    assertThatThrownBy(() -> reader(hex).text(100)).isInstanceOf(Malformed.class);
  }

  @Test
  void refusesIndefiniteArrayAndBytesLeftOver() {
    assertThatThrownBy(() -> reader("9fff").array(0, 10)).isInstanceOf(Malformed.class);
    assertThatThrownBy(() -> reader("9803000000").array(0, 10)).isInstanceOf(Malformed.class);
    assertThatThrownBy(() -> reader("00").end()).isInstanceOf(Malformed.class);
  }

  @Test
  void boundsAreKept() {
    byte[] bytes = new CborWriter(0).bytes(new byte[100]).toByteArray();
    assertThat(new CborReader(bytes).bytes(100)).hasSize(100);
    assertThatThrownBy(() -> new CborReader(bytes).bytes(99)).isInstanceOf(Malformed.class);
    assertThatThrownBy(() -> new CborReader(bytes).bytesExactly(101)).isInstanceOf(Malformed.class);
    assertThatThrownBy(() -> reader("0b").unsigned(10)).isInstanceOf(Malformed.class);
    assertThatThrownBy(() -> reader("83").array(0, 2)).isInstanceOf(Malformed.class);
    assertThatThrownBy(() -> reader("83").array(4, 5)).isInstanceOf(Malformed.class);
  }

  @Test
  void writerRefusesWhatCanNotBeRead() {
    assertThatThrownBy(() -> new CborWriter(0).unsigned(-1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new CborWriter(0).text("\ud800"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static CborReader reader(String hex) {
    return new CborReader(HexFormat.of().parseHex(hex));
  }
}
