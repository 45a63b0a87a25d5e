package com.softadastra.guard;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.disk.ModelDisk;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.Random;
import org.h2.store.fs.FilePath;
import org.junit.jupiter.api.Test;

class OverlayTest {

  private static final int LIMIT = 300;

  @Test
  void readsLikeAnArrayThatTookTheSameOperations() throws Exception {
    long seed = Seeds.seed("OverlayTest");
    Random random = new Random(seed);
    try (ModelDisk disk = ModelDisk.register("overlay")) {
      for (int round = 0; round < 300; round++) {
        disk.image();
        FilePath path = FilePath.get("overlay:/file" + round);
        try (FileChannel file = path.open("rw")) {
          compareRandomRun(random, file, "seed " + seed + " round " + round);
        }
        path.delete();
      }
    }
  }

  private static void compareRandomRun(Random random, FileChannel file, String run)
      throws Exception {
    byte[] expected = new byte[random.nextInt(LIMIT)];
    random.nextBytes(expected);
    file.write(ByteBuffer.wrap(expected), 0);
    Overlay overlay = new Overlay(expected.length);
    for (int step = 0; step < 60; step++) {
      if (random.nextInt(6) == 0) {
        int size = random.nextInt(LIMIT);
        overlay.truncate(size);
        expected = Arrays.copyOf(expected, Math.min(size, expected.length));
      } else {
        byte[] bytes = new byte[random.nextInt(60)];
        random.nextBytes(bytes);
        int position = random.nextInt(LIMIT);
        overlay.write(new Operation.Write(position, ByteBuffer.wrap(bytes)));
        if (bytes.length > 0) {
          expected = Arrays.copyOf(expected, Math.max(expected.length, position + bytes.length));
          System.arraycopy(bytes, 0, expected, position, bytes.length);
        }
      }
      assertThat(overlay.size()).as("%s step %d", run, step).isEqualTo(expected.length);
      int from = random.nextInt(LIMIT);
      int length = 1 + random.nextInt(LIMIT);
      ByteBuffer read = ByteBuffer.allocate(length);
      int count = overlay.read(read, from, file::read);
      if (from >= expected.length) {
        assertThat(count).as("%s step %d", run, step).isEqualTo(-1);
      } else {
        int upTo = Math.min(expected.length, from + count);
        assertThat(count).isPositive();
        assertThat(Arrays.copyOf(read.array(), count))
            .as("%s step %d", run, step)
            .isEqualTo(Arrays.copyOfRange(expected, from, upTo));
      }
    }
  }
}
