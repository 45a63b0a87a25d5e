package com.softadastra.edge.mailbox.h2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.h2.engine.SessionLocal;
import org.h2.jdbc.JdbcConnection;
import org.h2.mvstore.DataUtils;
import org.h2.mvstore.Page;

/** Where H2 has the pages of a table, so that one can be damaged. */
final class DamagedPages {
  private static final int BLOCK = 4096;

  private DamagedPages() {}

  /**
   * A page of rows, or of what finds them.
   *
   * @param chunk which of H2's chunks it is in
   * @param offset where in that
   */
  record Leaf(int chunk, int offset) {}

  /**
   * The pages of a table's rows, or of what finds them by something, in their order.
   *
   * @param index which one; 0 are the rows themselves
   */
  static List<Leaf> leaves(Connection connection, String table, int index) throws SQLException {
    var session = (SessionLocal) connection.unwrap(JdbcConnection.class).getSession();
    var store = session.getDatabase().getStore().getMvStore();
    var found = session.getDatabase().getMainSchema().findTableOrView(session, table);
    int id = index == 0 ? found.getId() : found.getIndexes().get(index).getId();
    var leaves = new ArrayList<Leaf>();
    var map = store.openMap((index == 0 ? "table." : "index.") + id);
    add(map.getRootPage(), leaves);
    return leaves;
  }

  private static void add(Page<?, ?> page, List<Leaf> leaves) {
    if (page.isLeaf()) {
      leaves.add(
          new Leaf(
              DataUtils.getPageChunkId(page.getPos()), DataUtils.getPageOffset(page.getPos())));
      return;
    }
    for (int i = 0; i <= page.getKeyCount(); i++) {
      add(page.getChildPage(i), leaves);
    }
  }

  /** Damages a block in which there is nothing but these pages. */
  static void damage(Path file, List<Leaf> leaves) throws IOException {
    byte[] all = Files.readAllBytes(file);
    var covered = new BitSet(all.length);
    for (var leaf : leaves) {
      int at = chunk(all, leaf.chunk()) * BLOCK + leaf.offset();
      covered.set(at, at + ByteBuffer.wrap(all).getInt(at));
    }
    var blocks =
        IntStream.range(0, all.length / BLOCK)
            .filter(it -> covered.nextClearBit(it * BLOCK) >= (it + 1) * BLOCK)
            .toArray();
    if (blocks.length == 0) {
      throw new IOException("no block has these pages alone");
    }
    int middle = blocks[blocks.length / 2] * BLOCK;
    Arrays.fill(all, middle, middle + BLOCK, (byte) 0x5a);
    Files.write(file, all);
  }

  /** The block at which a chunk begins; its number may have been another's before. */
  private static int chunk(byte[] all, int id) throws IOException {
    int found = -1;
    long newest = -1;
    var begin = "chunk:" + Integer.toHexString(id) + ",";
    for (int block = 0; block < all.length / BLOCK; block++) {
      var head = new String(all, block * BLOCK, 1024, StandardCharsets.ISO_8859_1);
      if (head.startsWith(begin)) {
        var fields = DataUtils.parseMap(head.substring(0, head.indexOf('\n')));
        long version = DataUtils.readHexLong(fields, "version", 0);
        if (version > newest) {
          newest = version;
          found = block;
        }
      }
    }
    if (found < 0) {
      throw new IOException("there is no chunk " + id);
    }
    return found;
  }
}
