package com.softadastra.fuzz;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A CBOR item that can be changed into something wrong. */
final class CborItem {
  static final CborItem NULL = new CborItem(7, 22);
  private static final int BYTES = 2;
  private static final int TEXT = 3;
  private static final int ARRAY = 4;
  private static final int MAP = 5;

  int major;

  /** The number, length or count that it says it has. */
  long value;

  /** Bytes in which the number is written; 0 for as few as can be. */
  int wide;

  byte[] content = new byte[0];
  List<CborItem> items = new ArrayList<>();

  private CborItem(int major, long value) {
    this.major = major;
    this.value = value;
  }

  /** The bytes as one item; null where they are not. */
  static CborItem read(byte[] bytes) {
    int[] at = {0};
    var item = read(bytes, at, 64);
    return item != null && at[0] == bytes.length ? item : null;
  }

  private static CborItem read(byte[] bytes, int[] at, int deep) {
    if (at[0] >= bytes.length || deep == 0) {
      return null;
    }
    int first = bytes[at[0]++] & 0xff;
    int info = first & 31;
    long value = info;
    if (info >= 24) {
      int width = info > 27 ? 9 : 1 << (info - 24);
      if (width > bytes.length - at[0]) {
        return null;
      }
      value = 0;
      for (int i = 0; i < width; i++) {
        value = value << 8 | (bytes[at[0]++] & 0xff);
      }
    }
    var item = new CborItem(first >>> 5, value);
    if (item.isString()) {
      if (value < 0 || value > bytes.length - at[0]) {
        return null;
      }
      item.content = Arrays.copyOfRange(bytes, at[0], at[0] + (int) value);
      at[0] += (int) value;
    } else if (item.major == ARRAY || item.major == MAP) {
      long count = item.major == MAP ? value * 2 : value;
      if (count < 0 || count > bytes.length - at[0]) {
        return null;
      }
      for (long i = 0; i < count; i++) {
        var next = read(bytes, at, deep - 1);
        if (next == null) {
          return null;
        }
        item.items.add(next);
      }
    }
    return item;
  }

  boolean isString() {
    return major == BYTES || major == TEXT;
  }

  /** Whether it is a string that holds an array. */
  boolean nests() {
    return isString()
        && content.length > 1
        && (content[0] & 0xff) >>> 5 == ARRAY
        && read(content) != null;
  }

  void become(CborItem other) {
    major = other.major;
    value = other.value;
    wide = other.wide;
    content = other.content;
    items = new ArrayList<>(other.items);
  }

  /** This one and all that are inside it. */
  List<CborItem> all() {
    var all = new ArrayList<CborItem>();
    all.add(this);
    for (int i = 0; i < all.size(); i++) {
      all.addAll(all.get(i).items);
    }
    return all;
  }

  byte[] write() {
    var out = new ByteArrayOutputStream();
    write(out);
    return out.toByteArray();
  }

  private void write(ByteArrayOutputStream out) {
    int width =
        wide > 0
            ? wide
            : value >= 0 && value < 24
                ? 0
                : value >>> 8 == 0 ? 1 : value >>> 16 == 0 ? 2 : value >>> 32 == 0 ? 4 : 8;
    int info = width == 0 ? (int) value : 24 + Integer.numberOfTrailingZeros(width);
    out.write(major << 5 | info);
    for (int i = width - 1; i >= 0; i--) {
      out.write((int) (value >>> 8 * i));
    }
    out.writeBytes(content);
    items.forEach(item -> item.write(out));
  }
}
