package com.softadastra.guard;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.disk.ModelDisk;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.h2.store.fs.FilePath;
import org.junit.jupiter.api.Test;

class ShadowTest {

  private static final int LIMIT = 10 * Shadow.BLOCK;

  /** Positions that are multiples of a block, as H2's are, and others. */
  private static int position(Random random) {
    return random.nextBoolean()
        ? Shadow.BLOCK * random.nextInt(LIMIT / Shadow.BLOCK)
        : random.nextInt(LIMIT);
  }

  @Test
  void readsLikeAnArrayAndMakesOneOfTheDataFile() throws Exception {
    long seed = Seeds.seed("ShadowTest");
    Random random = new Random(seed);
    try (ModelDisk _ = ModelDisk.register("shadow")) {
      for (int round = 0; round < 300; round++) {
        FilePath path = FilePath.get("shadow:/file");
        try (FileChannel data = path.open("rw")) {
          oneShadow(random, data, "seed " + seed + " round " + round);
        }
        path.delete();
      }
    }
  }

  private static void oneShadow(Random random, FileChannel data, String run) throws Exception {
    FilePath path = FilePath.get("shadow:/file.shadow");
    byte[] before = new byte[position(random)];
    random.nextBytes(before);
    data.write(ByteBuffer.wrap(before), 0);
    byte[] expected = before;
    Operation.Replacement replacement;
    try (Shadow shadow = Shadow.begin(path, data)) {
      for (int step = 0; step < 30; step++) {
        if (random.nextInt(5) == 0) {
          int size = position(random);
          shadow.truncate(size);
          expected = Arrays.copyOf(expected, Math.min(size, expected.length));
        } else {
          byte[] bytes =
              new byte[random.nextBoolean() ? Shadow.BLOCK : random.nextInt(3 * Shadow.BLOCK)];
          random.nextBytes(bytes);
          int position = position(random);
          shadow.write(ByteBuffer.wrap(bytes), position);
          if (bytes.length > 0) {
            expected = Arrays.copyOf(expected, Math.max(expected.length, position + bytes.length));
            System.arraycopy(bytes, 0, expected, position, bytes.length);
          }
        }
        compare(shadow, expected, random, run + " step " + step);
      }
      assertThat(content(data)).as(run).isEqualTo(before);
      replacement = shadow.complete();
    }
    assertThat(Shadow.isThere(path, replacement)).isTrue();
    List<Operation> operations = new ArrayList<>();
    Shadow.forEach(path, replacement, operations::add);
    // any part of it, which a crash may leave, and then all
    for (Operation operation : operations) {
      if (random.nextBoolean()) {
        operation.applyTo(data);
      }
    }
    for (Operation operation : operations) {
      operation.applyTo(data);
    }
    assertThat(content(data)).as(run).isEqualTo(expected);
  }

  private static byte[] content(FileChannel data) throws Exception {
    ByteBuffer bytes = ByteBuffer.allocate((int) data.size());
    Channels.readUpTo(data, bytes, 0);
    return bytes.array();
  }

  private static void compare(Shadow shadow, byte[] expected, Random random, String where)
      throws Exception {
    assertThat(shadow.size()).as(where).isEqualTo(expected.length);
    assertThat(content(shadow)).as(where).isEqualTo(expected);
    int from = position(random);
    ByteBuffer read = ByteBuffer.allocate(1 + random.nextInt(2 * Shadow.BLOCK));
    int count = shadow.read(read, from);
    if (from >= expected.length) {
      assertThat(count).as(where).isEqualTo(-1);
    } else {
      assertThat(Arrays.copyOf(read.array(), count))
          .as(where)
          .isEqualTo(Arrays.copyOfRange(expected, from, from + count));
    }
  }
}
