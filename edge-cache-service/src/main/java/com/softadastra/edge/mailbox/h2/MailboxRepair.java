package com.softadastra.edge.mailbox.h2;

import com.softadastra.edge.database.EdgeDatabase.Repair;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.envelope.Envelope;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.LinkedHashSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings mailboxes in order of which some rows are missing. What can be derived is derived again.
 * An envelope is here or it isn't: one of which a part is missing goes, and its sender is told as
 * of one that lapsed, so that it brings it again.
 */
public final class MailboxRepair implements Repair {
  private static final Logger LOG = LoggerFactory.getLogger(MailboxRepair.class);

  private static final String HALF_ENVELOPES =
      """
      delete from envelope e where not exists (select 1 from sealed s where s.number = e.number)
        or e.body is not null and not exists (select 1 from body_content c where c.hash = e.body)
      """;

  private static final String OF_NO_PILE =
      " from envelope e where not exists (select 1 from pile p where p.pile_no = e.pile_no)";

  private static final String COUNT =
      """
      create local temporary table counted (pile_no bigint primary key, envelopes bigint) as
        select pile_no, count(*) from envelope group by pile_no;
      update pile p set
        lapsed = case when sender = brought_by
          then lapsed + greatest(0, envelopes - coalesce((select c.envelopes from counted c where c.pile_no = p.pile_no), 0))
          else 0 end,
        envelopes = coalesce((select c.envelopes from counted c where c.pile_no = p.pile_no), 0);
      drop table counted;
      delete from pile where envelopes = 0 and lapsed = 0;
      """;

  private static final String DERIVED =
      """
      delete from sealed s where not exists (select 1 from envelope e where e.number = s.number);

      delete from in_order;
      insert into in_order
        select p.pseudonym, p.destination, e.number from envelope e join pile p on p.pile_no = e.pile_no;

      delete from brought;
      insert into brought
        select p.brought_by, e.number from envelope e join pile p on p.pile_no = e.pile_no
          where p.brought_by <> p.sender;

      delete from body;
      insert into body
        select c.hash, e.envelopes, octet_length(c.content) from body_content c
          join (select body, count(*) as envelopes from envelope where body is not null group by body) e
          on e.body = c.hash;
      delete from body_content c where not exists (select 1 from body b where b.hash = c.hash);

      delete from destination;
      insert into destination select destination, count(*), sum(bytes) from envelope group by destination;

      delete from sender;
      insert into sender
        select p.sender, count(*), coalesce(sum(e.bytes), 0) from pile p
          left join (select pile_no, sum(bytes) as bytes from envelope group by pile_no) e
          on e.pile_no = p.pile_no group by p.sender;
      """;

  @Override
  public void on(Connection connection) throws SQLException {
    change(connection, HALF_ENVELOPES);
    for (long pile : missingPiles(connection)) {
      restore(connection, pile);
    }
    change(connection, "delete" + OF_NO_PILE);
    change(connection, COUNT);
    change(connection, DERIVED);
  }

  private static int change(Connection connection, String sql) throws SQLException {
    try (var statement = connection.createStatement()) {
      return statement.executeUpdate(sql);
    }
  }

  private static LinkedHashSet<Long> missingPiles(Connection connection) throws SQLException {
    var missing = new LinkedHashSet<Long>();
    try (var statement = connection.createStatement();
        var row = statement.executeQuery("select distinct e.pile_no" + OF_NO_PILE)) {
      while (row.next()) {
        missing.add(row.getLong(1));
      }
    }
    return missing;
  }

  /**
   * As one of its envelopes says; of those that lapsed nothing does. Who brought them may be
   * forgotten, and then they are of the pile that the sender brought itself, where there is one.
   */
  private static void restore(Connection connection, long pile) throws SQLException {
    try (var join =
            connection.prepareStatement(
                "update envelope set pile_no = (select pile_no from pile where sender = ?"
                    + " and pseudonym = ? and destination = ? and brought_by = ?) where pile_no = ?"
                    + " and exists (select 1 from pile where sender = ? and pseudonym = ?"
                    + " and destination = ? and brought_by = ?)");
        var select =
            connection.prepareStatement(
                "select s.envelope, b.relay from envelope e join sealed s on s.number = e.number"
                    + " left join brought b on b.number = e.number where e.pile_no = ?"
                    + " order by b.relay nulls last limit 1");
        var insert = connection.prepareStatement("insert into pile values (?, ?, ?, ?, ?, 0, 0)")) {
      select.setLong(1, pile);
      try (var row = select.executeQuery()) {
        row.next();
        var outside = Envelope.decode(row.getBytes(1)).outside();
        byte[] sender = outside.sender().hash().bytes();
        byte[] relay = row.getBytes(2);
        byte[][] key = {
          sender,
          outside.pseudonym().bytes(),
          outside.to().hash().bytes(),
          relay == null ? sender : relay
        };
        for (int i = 0; i < key.length; i++) {
          join.setBytes(1 + i, key[i]);
          join.setBytes(6 + i, key[i]);
          insert.setBytes(2 + i, key[i]);
        }
        join.setLong(5, pile);
        insert.setLong(1, pile);
        if (join.executeUpdate() == 0) {
          insert.executeUpdate();
        }
      } catch (Malformed e) {
        LOG.warn("the envelopes of a pile go, as they don't say whose they are", e);
      }
    }
  }
}
