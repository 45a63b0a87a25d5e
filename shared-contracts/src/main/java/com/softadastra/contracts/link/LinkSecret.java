package com.softadastra.contracts.link;

import com.softadastra.contracts.Base32;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.SecureRandom;

/**
 * What the layers of one site share so that no other process speaks for them. The secret crosses
 * the link in the clear: over a network that others can read, the link needs a tunnel of its own.
 */
public final class LinkSecret {
  private static final int BYTES = 32;
  private static final int SHORTEST = 32;

  private final byte[] value;

  private LinkSecret(byte[] value) {
    this.value = value;
  }

  /** No secret: whoever can open a connection may call. Only for loopback. */
  public static LinkSecret none() {
    return new LinkSecret(new byte[0]);
  }

  /**
   * The secret in a file, which is created with 256 random bits and for its owner only where there
   * is none. It appears whole and never replaces another, so that services that start at once
   * agree.
   *
   * @throws IllegalArgumentException where the file holds fewer than 32 characters
   * @throws UncheckedIOException where it can neither be read nor created
   */
  public static LinkSecret inFile(Path file) {
    try {
      if (Files.notExists(file)) {
        create(file.toAbsolutePath());
      }
      var text = Files.readString(file).strip();
      if (text.length() < SHORTEST) {
        throw new IllegalArgumentException("no secret of 32 characters or more in " + file);
      }
      return new LinkSecret(text.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("link secret " + file, e);
    }
  }

  private static void create(Path file) throws IOException {
    var random = new byte[BYTES];
    new SecureRandom().nextBytes(random);
    var folder = Files.createDirectories(file.getParent());
    var draft = Files.createTempFile(folder, "link-secret", ".draft", ownerOnly(folder));
    try {
      Files.writeString(draft, Base32.encode(random) + "\n");
      Files.createLink(file, draft);
    } catch (FileAlreadyExistsException _) {
      // another service was first: its secret is the one
    } finally {
      Files.delete(draft);
    }
  }

  private static FileAttribute<?>[] ownerOnly(Path folder) throws IOException {
    if (!Files.getFileStore(folder).supportsFileAttributeView("posix")) {
      return new FileAttribute<?>[0];
    }
    var permissions = PosixFilePermissions.fromString("rw-------");
    return new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)};
  }

  boolean isNone() {
    return value.length == 0;
  }

  byte[] bytes() {
    return value.clone();
  }

  /** Whether a caller may call; takes the same time for every offer of one length. */
  boolean admits(byte[] offered) {
    return isNone() || MessageDigest.isEqual(value, offered);
  }

  @Override
  public String toString() {
    return isNone() ? "no secret" : "secret";
  }
}
