package com.softadastra.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.h2.store.fs.FilePath;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ModelDiskTest {

  private ModelDisk disk;

  @BeforeEach
  void insertDisk() {
    disk = ModelDisk.register("model");
    disk.beginRecording();
  }

  @AfterEach
  void removeDisk() {
    disk.close();
  }

  private static FileChannel open() throws IOException {
    return FilePath.get("model:/file").open("rw");
  }

  private static void forceDirectory() throws IOException {
    try (FileChannel directory = FilePath.get("model:/").open("r")) {
      directory.force(true);
    }
  }

  private static void write(FileChannel channel, long position, String text) throws IOException {
    channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)), position);
  }

  private CrashSite siteAtTheEnd() {
    CrashSite site = disk.crashSite();
    site.advanceTo(disk.position());
    return site;
  }

  private static String text(DiskImage image) {
    return new String(image.bytes("/file"), StandardCharsets.US_ASCII);
  }

  @Test
  void keepsWhatWasForced() throws IOException {
    FileChannel channel = open();
    forceDirectory();
    write(channel, 0, "kept");
    channel.force(true);
    write(channel, 0, "lost");

    assertThat(text(siteAtTheEnd().image(CrashSite.Kind.DROPPED, new Random(1)))).isEqualTo("kept");
    assertThat(text(siteAtTheEnd().image(CrashSite.Kind.KEPT, new Random(1)))).isEqualTo("lost");
  }

  @Test
  void aBitThatTurnsIsTurnedOnTheDiskUnlessItIsWrittenOver() throws IOException {
    FileChannel channel = open();
    forceDirectory();
    write(channel, 0, "aaaa");
    channel.force(true);
    write(channel, 0, "bb");
    disk.turn("/file", 1);
    disk.turn("/file", 3 * Byte.SIZE + 1);
    disk.turn("/file", 4 * Byte.SIZE);

    assertThat(text(disk.image())).isEqualTo("`bac");
    assertThat(text(siteAtTheEnd().image(CrashSite.Kind.DROPPED, new Random(1)))).isEqualTo("caac");
    assertThat(text(siteAtTheEnd().image(CrashSite.Kind.KEPT, new Random(1)))).isEqualTo("bbac");
  }

  @Test
  void dropsAFileWhoseDirectoryWasNotForced() throws IOException {
    FileChannel channel = open();
    write(channel, 0, "data");
    channel.force(true);

    assertThat(siteAtTheEnd().image(CrashSite.Kind.DROPPED, new Random(1)).files()).isEmpty();
  }

  @Test
  void leavesAnySubsetOfTheUnforcedBlocks() throws IOException {
    FileChannel channel = open();
    forceDirectory();
    write(channel, 0, "-".repeat(2 * BlockFile.BLOCK));
    channel.force(true);
    write(channel, BlockFile.BLOCK - 1, "ab");
    Set<String> seen = new HashSet<>();
    Random random = new Random(1);
    for (int i = 0; i < 100; i++) {
      DiskImage image = siteAtTheEnd().image(CrashSite.Kind.SUBSET, random);
      seen.add(text(image).substring(BlockFile.BLOCK - 1, BlockFile.BLOCK + 1));
    }

    assertThat(seen).containsExactlyInAnyOrder("--", "a-", "-b", "ab");
  }

  @Test
  void failsBeforeItDoesAnything() throws IOException {
    FileChannel channel = open();
    write(channel, 0, "old");
    int position = disk.position();
    disk.setFault((kind, _) -> {
      throw new IOException(kind.name());
    });

    assertThatThrownBy(() -> write(channel, 0, "new")).hasMessage("WRITE");
    assertThatThrownBy(() -> channel.force(true)).hasMessage("FORCE");
    assertThatThrownBy(() -> channel.truncate(1)).hasMessage("TRUNCATE");
    assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(1), 0)).hasMessage("READ");
    assertThatThrownBy(ModelDiskTest::forceDirectory).hasMessage("FORCE");
    // but the force that failed is remembered: it lost what it should have kept
    assertThat(disk.position()).isEqualTo(position + 1);
    assertThat(text(disk.image())).isEqualTo("old");
  }

  @Test
  void keepsNothingForGoodWhenItLies() throws IOException {
    FileChannel channel = open();
    forceDirectory();
    disk.setLying(true);
    write(channel, 0, "lost");
    channel.force(true);

    assertThat(text(siteAtTheEnd().image(CrashSite.Kind.DROPPED, new Random(1)))).isEmpty();
  }
}
