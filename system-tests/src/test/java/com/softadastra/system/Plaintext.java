package com.softadastra.system;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A text that is looked for among any bytes, in each encoding in which a JVM holds texts or writes
 * them.
 */
record Plaintext(String text) {
  static final List<Charset> ENCODINGS = List.of(ISO_8859_1, UTF_8, UTF_16LE, UTF_16BE);
  private static final int PIECE = 1 << 20;

  /** Where it is, in a file or in all files of a folder: names of files, each with an encoding. */
  List<String> in(Path path) throws IOException {
    var found = new ArrayList<String>();
    try (var files = Files.walk(path)) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        try (var bytes = Files.newInputStream(file)) {
          in(bytes).forEach(encoding -> found.add(file.getFileName() + ": " + encoding));
        }
      }
    }
    return found;
  }

  /** The encodings in which it is there. */
  Set<Charset> in(InputStream bytes) throws IOException {
    var found = new LinkedHashSet<Charset>();
    var texts = ENCODINGS.stream().map(text::getBytes).toList();
    int most = texts.stream().mapToInt(each -> each.length).max().orElseThrow();
    byte[] piece = new byte[PIECE + most];
    int kept = 0;
    for (int read; (read = bytes.readNBytes(piece, kept, PIECE)) > 0; ) {
      int length = kept + read;
      for (int i = 0; i < texts.size(); i++) {
        if (isIn(piece, length, texts.get(i))) {
          found.add(ENCODINGS.get(i));
        }
      }
      // what begins at a piece's end goes on in the next
      kept = Math.min(length, most - 1);
      System.arraycopy(piece, length - kept, piece, 0, kept);
    }
    return found;
  }

  private static boolean isIn(byte[] piece, int length, byte[] text) {
    for (int at = 0; at <= length - text.length; at++) {
      if (piece[at] == text[0]
          && Arrays.equals(piece, at, at + text.length, text, 0, text.length)) {
        return true;
      }
    }
    return false;
  }
}
