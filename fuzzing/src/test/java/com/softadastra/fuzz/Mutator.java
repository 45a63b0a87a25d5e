package com.softadastra.fuzz;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/** Damages inputs. What it makes follows from the seeds and the random source alone. */
public final class Mutator {
  /** What an input is made of. */
  public enum Form {
    BYTES,
    CBOR,
    JSON,
    TEXT
  }

  private static final long[] NUMBERS = {
    0,
    1,
    23,
    24,
    31,
    32,
    63,
    64,
    127,
    128,
    255,
    256,
    511,
    512,
    513,
    1000,
    1001,
    1024,
    1025,
    4095,
    4096,
    4097,
    65535,
    65536,
    1 << 20,
    15 << 20,
    19 << 20,
    Integer.MAX_VALUE,
    1L << 31,
    -1,
    0xffff_ffffL,
    1L << 32,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private static final String[] JSON_PIECES = {
    "{}",
    "[]",
    "null",
    "true",
    "-0",
    "1e400",
    "1E-400",
    "0.10",
    "1e99999999999",
    "-",
    "01",
    "9223372036854775808",
    "\"\"",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\\u0000\"",
    "\"é\"",
    "\"\\/\"",
    "\"\\u0061\"",
    "{\"a\":1,\"a\":2}",
    "{\"\":{}}",
    "[[[[]]]]",
    ",",
    ":",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    " ",
    "\n",
    "/**/",
    "NaN",
    "{\"/a/b\":1}",
    "{\"~0~1\":[1]}",
    "1 ",
    "\ufeff"
  };

  private static final String[] TEXT_PIECES = {
    "",
    " ",
    ":",
    "::",
    "[",
    "]",
    "[::1]:",
    "=",
    ",",
    ";",
    "\"",
    "\\",
    "\\u",
    "\\uD800",
    "/",
    "%",
    "-",
    "+",
    "0",
    "-1",
    "65536",
    "99999999999999999999",
    "PT1H",
    "P366D",
    "PT-1S",
    "sa1",
    "\n",
    "\r\n",
    "\u0000",
    "é",
    "İ",
    "wait=1",
    "*",
    "W/",
    "."
  };

  public final SplittableRandom random;
  private final List<byte[]> seeds;
  private final Form form;
  private final int most;

  Mutator(SplittableRandom random, List<byte[]> seeds, Form form, int most) {
    this.random = random;
    this.seeds = seeds;
    this.form = form;
    this.most = most;
  }

  /** A seed, damaged one to a few times. */
  public byte[] next() {
    byte[] input = seed();
    int times = 1 + Math.min(random.nextInt(4), random.nextInt(4));
    for (int i = 0; i < times; i++) {
      input = mutate(input);
    }
    return input.length > most ? Arrays.copyOf(input, most) : input;
  }

  public byte[] seed() {
    return seeds.get(random.nextInt(seeds.size()));
  }

  public byte[] mutate(byte[] input) {
    return mutate(form, input);
  }

  public byte[] mutate(Form form, byte[] input) {
    boolean byBytes = random.nextInt(4) == 0;
    return switch (form) {
      case CBOR -> byBytes ? bytes(input) : cbor(input, 4);
      case JSON -> byBytes ? bytes(input) : pieces(input, JSON_PIECES);
      case TEXT -> byBytes ? bytes(input) : pieces(input, TEXT_PIECES);
      case BYTES -> bytes(input);
    };
  }

  /** Damage that knows nothing of what it damages. */
  public byte[] bytes(byte[] input) {
    int at = random.nextInt(input.length + 1);
    int length = random.nextInt(Math.min(input.length - at, 1 << random.nextInt(12)) + 1);
    return switch (random.nextInt(9)) {
      case 0 -> Arrays.copyOf(input, at);
      case 1 -> replaced(input, at, at + length, new byte[0]);
      case 2 -> flipped(input);
      case 3 -> number(input);
      case 4 -> replaced(input, at, at, slice(seed()));
      case 5 -> replaced(input, at, at + length, slice(seed()));
      case 6 -> replaced(input, at, at, repeated(Arrays.copyOfRange(input, at, at + length)));
      case 7 -> replaced(input, at, at, drawn(1 + random.nextInt(16)));
      default -> replaced(input, at, at + length, drawn(length));
    };
  }

  private byte[] flipped(byte[] input) {
    byte[] damaged = input.clone();
    for (int i = random.nextInt(3); i >= 0 && damaged.length > 0; i--) {
      damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return damaged;
  }

  private byte[] number(byte[] input) {
    byte[] damaged = input.clone();
    int width = 1 << random.nextInt(4);
    long value = interesting();
    if (damaged.length >= width) {
      // wide numbers are aligned more often than not
      int at = random.nextInt(damaged.length - width + 1);
      at = random.nextBoolean() ? at / width * width : at;
      for (int i = width - 1; i >= 0; i--) {
        damaged[at + i] = (byte) value;
        value >>>= 8;
      }
    }
    return damaged;
  }

  public long interesting() {
    return NUMBERS[random.nextInt(NUMBERS.length)] + random.nextInt(3) - 1;
  }

  private byte[] drawn(int length) {
    byte[] drawn = new byte[length];
    random.nextBytes(drawn);
    return drawn;
  }

  private byte[] slice(byte[] other) {
    int from = random.nextInt(other.length + 1);
    int length = random.nextInt(Math.min(other.length - from, 1 << random.nextInt(12)) + 1);
    return Arrays.copyOfRange(other, from, from + length);
  }

  /** Many times the same: now and then as much as the largest input holds. */
  private byte[] repeated(byte[] piece) {
    if (piece.length == 0) {
      return piece;
    }
    int room = random.nextInt(64) == 0 ? most : Math.min(most, 1 << random.nextInt(13));
    int times = Math.max(1, room / piece.length);
    byte[] many = new byte[times * piece.length];
    for (int i = 0; i < times; i++) {
      System.arraycopy(piece, 0, many, i * piece.length, piece.length);
    }
    return many;
  }

  /** Damage between the tokens of a text. */
  private byte[] pieces(byte[] input, String[] known) {
    int from = border(input);
    int to = border(input);
    if (from > to) {
      int swapped = from;
      from = to;
      to = swapped;
    }
    byte[] part = Arrays.copyOfRange(input, from, to);
    byte[] piece = Bytes.utf8(known[random.nextInt(known.length)]);
    return switch (random.nextInt(7)) {
      case 0 -> replaced(input, from, from, piece);
      case 1 -> replaced(input, from, to, piece);
      case 2 -> replaced(input, from, to, new byte[0]);
      case 3 -> replaced(input, from, from, repeated(part));
      case 4 -> replaced(input, from, from, repeated(piece));
      case 5 -> {
        byte[] other = seed();
        int start = border(other);
        int end = Math.max(start, border(other));
        yield replaced(input, from, to, Arrays.copyOfRange(other, start, end));
      }
      default -> replaced(input, from, from, Bytes.utf8(Long.toString(interesting())));
    };
  }

  /** A place where a token begins or ends. */
  private int border(byte[] input) {
    int at = random.nextInt(input.length + 1);
    while (at > 0 && at < input.length && word(input[at]) && word(input[at - 1])) {
      at++;
    }
    return at;
  }

  private static boolean word(byte b) {
    return b < 0 || Character.isLetterOrDigit(b) || b == '.' || b == '_' || b == ' ';
  }

  /**
   * Damage to one CBOR item, also to one inside a byte string, with the lengths around it kept
   * true.
   */
  private byte[] cbor(byte[] input, int deep) {
    var item = CborItem.read(input);
    if (item == null) {
      return bytes(input);
    }
    var all = item.all();
    var nests = all.stream().filter(CborItem::nests).toList();
    var among = nests.isEmpty() || random.nextBoolean() ? all : nests;
    var chosen = among.get(random.nextInt(among.size()));
    if (chosen.isString() && random.nextInt(8) == 0) {
      chosen.content = filled();
      chosen.value = chosen.content.length;
      return item.write();
    }
    if (chosen.isString() && chosen.content.length > 0 && random.nextInt(4) != 0) {
      boolean nested = deep > 0 && chosen.nests();
      chosen.content = nested ? cbor(chosen.content, deep - 1) : inside(chosen.content);
      chosen.value = chosen.content.length;
      return item.write();
    }
    switch (random.nextInt(9)) {
      case 0 -> chosen.value = interesting();
      case 1 -> chosen.value += random.nextInt(3) - 1;
      case 2 -> chosen.wide = 1 << random.nextInt(4);
      case 3 -> chosen.become(CborItem.NULL);
      case 4 -> chosen.major = random.nextInt(8);
      case 5 -> {
        if (!chosen.items.isEmpty()) {
          chosen.items.remove(random.nextInt(chosen.items.size()));
          chosen.value = random.nextInt(3) == 0 ? chosen.value : chosen.items.size();
        }
      }
      case 6 -> {
        if (!chosen.items.isEmpty()) {
          var copied = chosen.items.get(random.nextInt(chosen.items.size()));
          int room = random.nextInt(32) == 0 ? most : 1 << random.nextInt(10);
          int times = Math.max(1, Math.min(room / Math.max(1, copied.write().length), 5000));
          for (int i = 0; i < times; i++) {
            chosen.items.add(copied);
          }
          chosen.value = chosen.items.size();
        }
      }
      case 7 -> {
        var other = CborItem.read(seed());
        if (other != null) {
          var parts = other.all();
          chosen.become(parts.get(random.nextInt(parts.size())));
        }
      }
      default -> {
        if (chosen.items.size() > 1) {
          int first = random.nextInt(chosen.items.size());
          int second = random.nextInt(chosen.items.size());
          java.util.Collections.swap(chosen.items, first, second);
        }
      }
    }
    return item.write();
  }

  /** As long as some bound, or one more or less. */
  private byte[] filled() {
    long length = Math.max(0, interesting());
    byte[] filled = new byte[(int) Math.min(length, Math.min(most, 5000))];
    Arrays.fill(filled, (byte) 'x');
    return filled;
  }

  private byte[] inside(byte[] content) {
    return content[0] == '{' ? pieces(content, JSON_PIECES) : bytes(content);
  }

  private static byte[] replaced(byte[] input, int from, int to, byte[] by) {
    var out = new ByteArrayOutputStream(input.length + by.length);
    out.write(input, 0, from);
    out.write(by, 0, by.length);
    out.write(input, to, input.length - to);
    return out.toByteArray();
  }
}
