package com.softadastra.edge.mailbox.h2;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.edge.database.EdgeDatabase;
import com.softadastra.edge.database.Statements;
import com.softadastra.edge.mailbox.MailboxStore.Account;
import com.softadastra.edge.mailbox.MailboxStore.Arrived;
import com.softadastra.edge.mailbox.MailboxStore.Kept;
import com.softadastra.edge.mailbox.MailboxStore.Pile;
import com.softadastra.edge.mailbox.MailboxStore.Put;
import com.softadastra.edge.mailbox.MailboxStore.Refused;
import com.softadastra.edge.mailbox.MailboxStore.Totals;
import com.softadastra.edge.mailbox.MailboxStore.Why;
import com.softadastra.edge.mailbox.Quotas;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.LongSupplier;

/** The mailboxes' tables as the writing thread changes them; nobody else uses this. */
final class Tables implements EdgeDatabase.Witness {
  private final Statements statements;
  private final Quotas quotas;
  private final LongSupplier freeBytes;

  private long lastNumber;
  private long lastPile;
  private long envelopes;
  private long bytes;
  private boolean changed;
  private volatile Totals forced;

  private record Place(long number, long pile, NodeId destination, int bytes) {}

  Tables(Statements statements, Quotas quotas, LongSupplier freeBytes) throws SQLException {
    this.statements = statements;
    this.quotas = quotas;
    this.freeBytes = freeBytes;
    lastNumber = statements.number("select coalesce(max(number), 0) from envelope");
    lastPile = statements.number("select coalesce(max(pile_no), 0) from pile");
    envelopes = statements.number("select coalesce(sum(envelopes), 0) from destination");
    bytes = statements.number("select coalesce(sum(bytes), 0) from destination");
    forced = new Totals(envelopes, bytes);
  }

  Put put(Arrived envelope) throws SQLException {
    try (var row =
        statements.rows("select hash, kept_at from envelope where id = ?", envelope.id())) {
      if (row.next()) {
        return hash(row, 1).equals(envelope.hash())
            ? new Kept(Instant.ofEpochMilli(row.getLong(2)))
            : new Refused(Why.OTHER_BYTES);
      }
    }
    long pile =
        statements.number(
            "select pile_no from pile where sender = ? and pseudonym = ? and destination = ?",
            envelope.sender(),
            envelope.pseudonym(),
            envelope.destination());
    var refusal = quotas.refuse(envelope.bytes().length, used(envelope, pile == 0));
    if (refusal.isPresent()) {
      return new Refused(refusal.get());
    }
    insert(envelope, pile == 0 ? begin(envelope) : pile);
    return new Kept(envelope.at());
  }

  private Quotas.Used used(Arrived envelope, boolean begins) throws SQLException {
    long sender = statements.number("select bytes from sender where node = ?", envelope.sender());
    long piles = statements.number("select piles from sender where node = ?", envelope.sender());
    return new Quotas.Used(
        sender,
        begins ? piles + 1 : piles,
        statements.number("select bytes from destination where node = ?", envelope.destination()),
        bytes,
        freeBytes.getAsLong());
  }

  private long begin(Arrived envelope) throws SQLException {
    lastPile++;
    statements.change(
        "insert into pile values (?, ?, ?, ?, 0, 0)",
        lastPile,
        envelope.sender(),
        envelope.pseudonym(),
        envelope.destination());
    if (statements.change("update sender set piles = piles + 1 where node = ?", envelope.sender())
        == 0) {
      statements.change("insert into sender values (?, 1, 0)", envelope.sender());
    }
    return lastPile;
  }

  private void insert(Arrived envelope, long pile) throws SQLException {
    int size = envelope.bytes().length;
    int turn = Priority.URGENT.ordinal() - envelope.priority().ordinal();
    // those before it in its pile are what it follows on
    statements.change(
        "update envelope set turn = ? where destination = ? and turn > ? and pile_no = ?",
        turn,
        envelope.destination(),
        turn,
        pile);
    lastNumber++;
    statements.change(
        "insert into envelope values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        lastNumber,
        envelope.id(),
        envelope.destination(),
        turn,
        pile,
        size,
        envelope.hash().bytes(),
        envelope.at().toEpochMilli(),
        envelope.expires().toEpochMilli());
    statements.change("insert into sealed values (?, ?)", lastNumber, envelope.bytes());
    statements.change("update pile set envelopes = envelopes + 1 where pile_no = ?", pile);
    statements.change(
        "update sender set bytes = bytes + ? where node = ?", size, envelope.sender());
    if (statements.change(
            "update destination set envelopes = envelopes + 1, bytes = bytes + ? where node = ?",
            size,
            envelope.destination())
        == 0) {
      statements.change("insert into destination values (?, 1, ?)", envelope.destination(), size);
    }
    envelopes++;
    bytes += size;
  }

  Optional<Pile> taken(NodeId destination, UUID id) throws SQLException {
    Place place;
    try (var row =
        statements.rows(
            "select number, pile_no, destination, bytes from envelope where id = ? and destination = ?",
            id,
            destination)) {
      if (!row.next()) {
        return Optional.empty();
      }
      place = place(row);
    }
    var left = remove(place, 0);
    endIfEmpty(place.pile(), left);
    return Optional.of(left);
  }

  List<Pile> lapse(Instant now, int most) throws SQLException {
    var places = new ArrayList<Place>();
    try (var row =
        statements.rows(
            "select number, pile_no, destination, bytes from envelope where expires <= ? order by expires limit ?",
            now.toEpochMilli(),
            most)) {
      while (row.next()) {
        places.add(place(row));
      }
    }
    var lapsed = new LinkedHashMap<Long, Pile>();
    for (var place : places) {
      var left = remove(place, 1);
      var before = lapsed.get(place.pile());
      lapsed.put(
          place.pile(),
          new Pile(
              left.sender(),
              left.pseudonym(),
              left.destination(),
              left.envelopes(),
              before == null ? 1 : before.lapsed() + 1));
    }
    return List.copyOf(lapsed.values());
  }

  /** Removes an envelope. @return what is left of its pile */
  private Pile remove(Place place, int lapsed) throws SQLException {
    statements.change("delete from envelope where number = ?", place.number());
    statements.change("delete from sealed where number = ?", place.number());
    statements.change(
        "update pile set envelopes = envelopes - 1, lapsed = lapsed + ? where pile_no = ?",
        lapsed,
        place.pile());
    var left = pile(place.pile());
    statements.change(
        "update sender set bytes = bytes - ? where node = ?", place.bytes(), left.sender());
    statements.change(
        "update destination set envelopes = envelopes - 1, bytes = bytes - ? where node = ?",
        place.bytes(),
        place.destination());
    statements.change(
        "delete from destination where node = ? and envelopes = 0", place.destination());
    envelopes--;
    bytes -= place.bytes();
    return left;
  }

  private void endIfEmpty(long number, Pile pile) throws SQLException {
    if (pile.envelopes() == 0 && pile.lapsed() == 0) {
      statements.change("delete from pile where pile_no = ?", number);
      statements.change("update sender set piles = piles - 1 where node = ?", pile.sender());
      statements.change("delete from sender where node = ? and piles = 0", pile.sender());
    }
  }

  boolean told(Pile pile) throws SQLException {
    long number =
        statements.number(
            "select pile_no from pile where sender = ? and pseudonym = ? and destination = ?",
            pile.sender(),
            pile.pseudonym(),
            pile.destination());
    if (number == 0) {
      return false;
    }
    statements.change(
        "update pile set lapsed = greatest(0, lapsed - ?) where pile_no = ?",
        pile.lapsed(),
        number);
    endIfEmpty(number, pile(number));
    return true;
  }

  Account account(NodeId node) throws SQLException {
    var piles = new ArrayList<Pile>();
    try (var row =
        statements.rows(
            "select sender, pseudonym, destination, envelopes, lapsed from pile where sender = ? order by pile_no",
            node)) {
      while (row.next()) {
        piles.add(readPile(row));
      }
    }
    return new Account(
        piles, statements.number("select envelopes from destination where node = ?", node) > 0);
  }

  private Pile pile(long number) throws SQLException {
    try (var row =
        statements.rows(
            "select sender, pseudonym, destination, envelopes, lapsed from pile where pile_no = ?",
            number)) {
      if (!row.next()) {
        throw new SQLException("an envelope of no pile");
      }
      return readPile(row);
    }
  }

  private static Pile readPile(ResultSet row) throws SQLException {
    return new Pile(
        new NodeId(hash(row, 1)),
        hash(row, 2),
        new NodeId(hash(row, 3)),
        row.getLong(4),
        row.getLong(5));
  }

  private static Place place(ResultSet row) throws SQLException {
    return new Place(row.getLong(1), row.getLong(2), new NodeId(hash(row, 3)), row.getInt(4));
  }

  private static Hash hash(ResultSet row, int column) throws SQLException {
    return Hash.of(row.getBytes(column));
  }

  // ---- the transaction

  @Override
  public void forced() {
    forced = new Totals(envelopes, bytes);
  }

  @Override
  public void rolledBack() {
    envelopes = forced.envelopes();
    bytes = forced.bytes();
  }

  /** As of the last force; any thread. */
  Totals totals() {
    return forced;
  }
}
