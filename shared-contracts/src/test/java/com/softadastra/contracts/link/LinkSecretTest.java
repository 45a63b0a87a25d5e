package com.softadastra.contracts.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.Hash;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinkSecretTest {
  @TempDir private Path folder;

  @Test
  void createsFileForItsOwnerOnly() throws Exception {
    var file = folder.resolve("new/folder/secret");
    var secret = LinkSecret.inFile(file);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(Files.readString(file)).hasSize(53).endsWith("\n");
    assertThat(LinkSecret.inFile(file).admits(secret.bytes())).isTrue();
    try (var files = Files.list(file.getParent())) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void servicesThatStartAtOnceAgree() throws Exception {
    for (int round = 0; round < 50; round++) {
      var file = folder.resolve("secret" + round);
      var go = new CountDownLatch(1);
      try (var threads = Executors.newFixedThreadPool(8)) {
        var started =
            IntStream.range(0, 8)
                .mapToObj(_ ->
                    threads.submit(() -> {
                      go.await();
                      return Hash.sha256(LinkSecret.inFile(file).bytes());
                    }))
                .toList();
        go.countDown();
        var secrets = new HashSet<Hash>();
        for (Future<Hash> one : started) {
          secrets.add(one.get());
        }
        assertThat(secrets).hasSize(1);
      }
    }
  }

  @Test
  void takesWhatAnOperatorWrote() throws Exception {
    var file = folder.resolve("secret");
    Files.writeString(file, "  an operator's own secret, 32 chars or more\r\n");
    assertThat(new String(LinkSecret.inFile(file).bytes()))
        .isEqualTo("an operator's own secret, 32 chars or more");
  }

  @Test
  void refusesShortSecret() throws Exception {
    var file = folder.resolve("secret");
    Files.writeString(file, "too short\n");
    assertThatThrownBy(() -> LinkSecret.inFile(file)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void admitsOnlyItself() {
    var one = LinkSecret.inFile(folder.resolve("one"));
    var other = LinkSecret.inFile(folder.resolve("other"));
    assertThat(one.admits(one.bytes())).isTrue();
    assertThat(one.admits(other.bytes())).isFalse();
    assertThat(one.admits(new byte[0])).isFalse();
    assertThat(LinkSecret.none().admits(other.bytes())).isTrue();
  }

  @Test
  void doesNotShowItself() {
    var secret = LinkSecret.inFile(folder.resolve("secret"));
    assertThat(secret.toString()).doesNotContain(new String(secret.bytes()));
  }
}
