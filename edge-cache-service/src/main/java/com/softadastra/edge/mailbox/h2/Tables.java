package com.softadastra.edge.mailbox.h2;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.edge.database.EdgeDatabase;
import com.softadastra.edge.database.Statements;
import com.softadastra.edge.mailbox.MailboxStore.Account;
import com.softadastra.edge.mailbox.MailboxStore.Arrived;
import com.softadastra.edge.mailbox.MailboxStore.Bodiless;
import com.softadastra.edge.mailbox.MailboxStore.Gone;
import com.softadastra.edge.mailbox.MailboxStore.Kept;
import com.softadastra.edge.mailbox.MailboxStore.Offered;
import com.softadastra.edge.mailbox.MailboxStore.Pile;
import com.softadastra.edge.mailbox.MailboxStore.Put;
import com.softadastra.edge.mailbox.MailboxStore.Refused;
import com.softadastra.edge.mailbox.MailboxStore.Totals;
import com.softadastra.edge.mailbox.MailboxStore.Why;
import com.softadastra.edge.mailbox.Quotas;
import com.softadastra.edge.mailbox.SiblingStore.Coming;
import com.softadastra.edge.mailbox.SiblingStore.Named;
import com.softadastra.engine.envelope.Envelope;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The mailboxes' tables as the writing thread changes them; nobody else uses this. */
final class Tables implements EdgeDatabase.Witness {
  /** Rows of what is expired that are forgotten in one transaction, of each kind. */
  private static final int FORGOTTEN_AT_ONCE = 4096;

  /** Envelopes that are remembered as gone; of more, those that would lapse first are forgotten. */
  private static final int MOST_GONE = 1 << 18;

  private static final Logger LOG = LoggerFactory.getLogger(Tables.class);

  /**
   * What of a pile goes later than a turn, which is the first parameter and the third, goes then.
   */
  static final String RAISE =
      "update envelope set turn = ? where destination = ? and turn >= 1 + ? and pile_no = ?";

  private final Statements statements;
  private final Quotas quotas;
  private final LongSupplier freeBytes;

  private long lastNumber;
  private long lastPile;
  private long envelopes;
  private long bytes;
  private long bodies;
  private volatile Totals forced;

  /** Numbers of envelopes that are expired, and couldn't be dropped since the start. */
  private final Set<Long> staying = new HashSet<>();

  /**
   * @param left of its pile
   */
  private record Removed(long pile, Pile left) {}

  private record Place(
      long number,
      long pile,
      NodeId destination,
      int bytes,
      UUID id,
      long expires,
      byte @Nullable [] body) {}

  Tables(Statements statements, Quotas quotas, LongSupplier freeBytes) throws SQLException {
    this.statements = statements;
    this.quotas = quotas;
    this.freeBytes = freeBytes;
    lastNumber = statements.number("select coalesce(max(number), 0) from envelope");
    lastPile = statements.number("select coalesce(max(pile_no), 0) from pile");
    envelopes = statements.number("select coalesce(sum(envelopes), 0) from destination");
    bytes = statements.number("select coalesce(sum(bytes), 0) from destination");
    bodies = statements.number("select count(*) from body");
    forced = new Totals(envelopes, bytes, bodies);
  }

  List<Put> put(List<Arrived> envelopes) throws SQLException {
    var puts = new ArrayList<Put>();
    for (var envelope : envelopes) {
      puts.add(put(envelope));
    }
    return puts;
  }

  private Put put(Arrived envelope) throws SQLException {
    var here = here(envelope.id(), envelope.hash());
    if (here.isPresent()) {
      return here.get();
    }
    if (!envelope.by().equals(envelope.sender()) && isGone(envelope.id())) {
      return new Gone();
    }
    var body = envelope.body();
    if (body != null) {
      boolean isHere = isHere(body);
      if (!isHere && envelope.content() == null) {
        return new Bodiless();
      }
      // a sender brings a body once, a relay whenever it meets one more envelope that has it
      boolean mayBeOld = !isHere || !envelope.by().equals(envelope.sender());
      if (mayBeOld && left(body.hash().bytes()) == Left.UNREADABLE) {
        return new Refused(Why.UNREADABLE);
      }
    }
    long pile =
        pileNumber(envelope.sender(), envelope.pseudonym(), envelope.destination(), envelope.by());
    var refusal =
        quotas.refuse(
            envelope.size(), used(envelope.sender(), envelope.destination(), pile == 0 ? 1 : 0));
    if (refusal.isPresent()) {
      return new Refused(refusal.get());
    }
    insert(envelope, pile == 0 ? begin(envelope) : pile);
    return new Kept(envelope.at());
  }

  Optional<Put> look(Offered envelope) throws SQLException {
    var here = here(envelope.id(), envelope.hash());
    if (here.isPresent()) {
      return here;
    }
    return isGone(envelope.id())
        ? Optional.of(new Gone())
        : quotas
            .refuse(envelope.bytes(), used(envelope.sender(), envelope.destination(), 0))
            .map(Refused::new);
  }

  private Optional<Put> here(UUID id, Hash hash) {
    try (var row = statements.rows("select hash, kept_at from envelope where id = ?", id)) {
      if (!row.next()) {
        return Optional.empty();
      }
      return Optional.of(
          hash(row, 1).equals(hash)
              ? new Kept(Instant.ofEpochMilli(row.getLong(2)))
              : new Refused(Why.OTHER_BYTES));
    } catch (SQLException e) {
      // nothing was changed by it, and others wait for the same force
      LOG.warn("an envelope is refused, as it can't be seen what is here of it", e);
      return Optional.of(new Refused(Why.UNREADABLE));
    }
  }

  private boolean isHere(Envelope.Body body) throws SQLException {
    return statements.number(
            "select count(*) from body where hash = ? and bytes = ?", body.hash(), body.bytes())
        > 0;
  }

  private boolean isGone(UUID id) throws SQLException {
    return statements.number("select count(*) from gone where id = ?", id) > 0;
  }

  private long pileNumber(NodeId sender, Hash pseudonym, NodeId destination, NodeId by)
      throws SQLException {
    return statements.number(
        "select pile_no from pile where sender = ? and pseudonym = ? and destination = ? and brought_by = ?",
        sender,
        pseudonym,
        destination,
        by);
  }

  private Quotas.Used used(NodeId sender, NodeId destination, int begun) throws SQLException {
    return new Quotas.Used(
        statements.number("select bytes from sender where node = ?", sender),
        statements.number("select piles from sender where node = ?", sender) + begun,
        statements.number("select bytes from destination where node = ?", destination),
        bytes,
        freeBytes.getAsLong());
  }

  private long begin(Arrived envelope) throws SQLException {
    lastPile++;
    statements.change(
        "insert into pile values (?, ?, ?, ?, ?, 0, 0)",
        lastPile,
        envelope.sender(),
        envelope.pseudonym(),
        envelope.destination(),
        envelope.by());
    if (statements.change("update sender set piles = piles + 1 where node = ?", envelope.sender())
        == 0) {
      statements.change("insert into sender values (?, 1, 0)", envelope.sender());
    }
    return lastPile;
  }

  private void insert(Arrived envelope, long pile) throws SQLException {
    int size = envelope.size();
    int turn = Priority.URGENT.ordinal() - envelope.priority().ordinal();
    // those before it in its pile are what it follows on
    statements.change(RAISE, turn, envelope.destination(), turn, pile);
    lastNumber++;
    statements.change(
        "insert into envelope values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        lastNumber,
        envelope.id(),
        envelope.destination(),
        turn,
        pile,
        size,
        envelope.hash().bytes(),
        envelope.at().toEpochMilli(),
        envelope.expires().toEpochMilli(),
        envelope.body() == null ? null : envelope.body().hash().bytes());
    if (envelope.body() != null) {
      share(envelope.body(), envelope.content());
    }
    statements.change("insert into sealed values (?, ?)", lastNumber, envelope.bytes());
    statements.change(
        "insert into in_order values (?, ?, ?)",
        envelope.pseudonym(),
        envelope.destination(),
        lastNumber);
    if (!envelope.by().equals(envelope.sender())) {
      statements.change("insert into brought values (?, ?)", envelope.by(), lastNumber);
    }
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

  /** One envelope more has a body. */
  private void share(Envelope.Body body, byte @Nullable [] content) throws SQLException {
    if (statements.change("update body set envelopes = envelopes + 1 where hash = ?", body.hash())
        == 0) {
      statements.change("insert into body values (?, 1, ?)", body.hash(), body.bytes());
      if (left(body.hash().bytes()) == Left.NOTHING) {
        statements.change("insert into body_content values (?, ?)", body.hash(), content);
      }
      bodies++;
    }
  }

  /** One envelope fewer has a body. */
  private void release(byte[] body) throws SQLException {
    statements.change("update body set envelopes = envelopes - 1 where hash = ?", body);
    if (statements.change("delete from body where hash = ? and envelopes = 0", body) > 0) {
      if (left(body) == Left.BYTES) {
        statements.change("delete from body_content where hash = ?", body);
      }
      bodies--;
    }
  }

  /** What there is of a body's bytes. */
  private enum Left {
    NOTHING,
    BYTES,
    /** They stay: H2 doesn't delete a row that it can't read, and then doesn't commit either. */
    UNREADABLE
  }

  private Left left(byte[] body) {
    try (var row =
        statements.rows("select octet_length(content) from body_content where hash = ?", body)) {
      return row.next() ? Left.BYTES : Left.NOTHING;
    } catch (SQLException e) {
      LOG.warn("a body's bytes stay in the file, as they can't be read", e);
      return Left.UNREADABLE;
    }
  }

  Optional<Pile> taken(NodeId destination, UUID id) throws SQLException {
    Place place;
    try (var row =
        statements.rows(
            "select number, pile_no, destination, bytes, id, expires, body from envelope where id = ? and destination = ?",
            id,
            destination)) {
      if (!row.next()) {
        return Optional.empty();
      }
      place = place(row);
    }
    return Optional.of(gone(place));
  }

  Optional<Pile> gone(UUID id, Set<Hash> pseudonyms) throws SQLException {
    var place = place(id);
    return place.isPresent() && pseudonyms.contains(pile(place.get().pile()).pseudonym())
        ? Optional.of(gone(place.get()))
        : Optional.empty();
  }

  private Optional<Place> place(UUID id) {
    try (var row =
        statements.rows(
            "select number, pile_no, destination, bytes, id, expires, body from envelope where id = ?",
            id)) {
      return row.next() ? Optional.of(place(row)) : Optional.empty();
    } catch (SQLException e) {
      // nothing was changed by it, and others wait for the same force
      LOG.warn("an envelope that is gone elsewhere stays, as it can't be read", e);
      return Optional.empty();
    }
  }

  private Pile gone(Place place) throws SQLException {
    var left = remove(place, false);
    if (!left.isOfSender()
        || statements.number("select count(*) from sibling where pseudonym = ?", left.pseudonym())
            > 0) {
      if (statements.number("select count(*) from gone") >= MOST_GONE) {
        statements.change(
            "delete from gone where id ="
                + " (select id from gone order by forget_at fetch first row only)");
      }
      statements.change(
          "merge into gone (id, forget_at) key (id) values (?, ?)", place.id(), place.expires());
    }
    endIfEmpty(place.pile(), left);
    return left;
  }

  List<Pile> lapse(Instant now, int most) throws SQLException {
    attempt(() -> forget("gone", now));
    attempt(() -> forget("coming", now));
    var lapsed = new LinkedHashMap<Long, Pile>();
    for (long number : expired(now, most)) {
      var removed =
          attempt(() -> {
            var place = place(number);
            return new Removed(place.pile(), remove(place, true));
          });
      if (removed.isEmpty()) {
        staying.add(number);
        continue;
      }
      var left = removed.get().left();
      var before = lapsed.get(removed.get().pile());
      lapsed.put(
          removed.get().pile(),
          new Pile(
              left.sender(),
              left.pseudonym(),
              left.destination(),
              left.by(),
              left.envelopes(),
              before == null ? 1 : before.lapsed() + 1));
    }
    for (var each : lapsed.entrySet()) {
      if (!each.getValue().isOfSender()) {
        attempt(() -> {
          endIfEmpty(each.getKey(), pile(each.getKey()));
          return true;
        });
      }
    }
    return List.copyOf(lapsed.values());
  }

  private <T> Optional<T> attempt(Statements.Part<T> part) throws SQLException {
    long envelopesBefore = envelopes;
    long bytesBefore = bytes;
    long bodiesBefore = bodies;
    var done = statements.attempt(part);
    if (done.isEmpty()) {
      envelopes = envelopesBefore;
      bytes = bytesBefore;
      bodies = bodiesBefore;
    }
    return done;
  }

  private List<Long> expired(Instant now, int most) throws SQLException {
    var numbers = new ArrayList<Long>();
    try (var row =
        statements.rows(
            "select number from envelope where expires <= ? order by expires limit ?",
            now.toEpochMilli(),
            most + staying.size())) {
      while (row.next() && numbers.size() < most) {
        if (!staying.contains(row.getLong(1))) {
          numbers.add(row.getLong(1));
        }
      }
    }
    return numbers;
  }

  private Place place(long number) throws SQLException {
    try (var row =
        statements.rows(
            "select number, pile_no, destination, bytes, id, expires, body from envelope where number = ?",
            number)) {
      if (!row.next()) {
        throw new SQLException("an envelope that is expired and isn't here");
      }
      return place(row);
    }
  }

  private boolean forget(String table, Instant now) throws SQLException {
    var due = " from " + table + " where forget_at <= ?";
    return statements.number("select 1" + due + " fetch first row only", now) > 0
        && statements.change(
                "delete" + due + " fetch first " + FORGOTTEN_AT_ONCE + " rows only", now)
            > 0;
  }

  /**
   * Removes an envelope.
   *
   * @param lapses so that its sender is to be told, where that brought it
   * @return what is left of its pile
   */
  private Pile remove(Place place, boolean lapses) throws SQLException {
    int lapsed = lapses && pile(place.pile()).isOfSender() ? 1 : 0;
    statements.change("delete from envelope where number = ?", place.number());
    try {
      statements.change("delete from sealed where number = ?", place.number());
    } catch (SQLException e) {
      // nothing was changed by it, and all else goes
      LOG.warn("an envelope's bytes stay in the file, as they can't be read", e);
    }
    if (place.body() != null) {
      release(place.body());
    }
    statements.change(
        "update pile set envelopes = envelopes - 1, lapsed = lapsed + ? where pile_no = ?",
        lapsed,
        place.pile());
    var left = pile(place.pile());
    statements.change(
        "delete from in_order where pseudonym = ? and destination = ? and number = ?",
        left.pseudonym(),
        left.destination(),
        place.number());
    if (!left.isOfSender()) {
      statements.change(
          "delete from brought where relay = ? and number = ?", left.by(), place.number());
    }
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
    long number = pileNumber(pile.sender(), pile.pseudonym(), pile.destination(), pile.by());
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
            "select sender, pseudonym, destination, brought_by, envelopes, lapsed from pile"
                + " where sender = ? and brought_by = ? order by pile_no",
            node,
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
            "select sender, pseudonym, destination, brought_by, envelopes, lapsed from pile where pile_no = ?",
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
        new NodeId(hash(row, 4)),
        row.getLong(5),
        row.getLong(6));
  }

  private static Place place(ResultSet row) throws SQLException {
    return new Place(
        row.getLong(1),
        row.getLong(2),
        new NodeId(hash(row, 3)),
        row.getInt(4),
        row.getObject(5, UUID.class),
        row.getLong(6),
        row.getBytes(7));
  }

  private static Hash hash(ResultSet row, int column) throws SQLException {
    return Hash.of(row.getBytes(column));
  }

  // ---- other relays

  void name(Named named) throws SQLException {
    statements.change("delete from sibling where pseudonym = ?", named.pseudonym());
    statements.change("delete from sibling_space where pseudonym = ?", named.pseudonym());
    statements.change(
        "insert into sibling_space (pseudonym, passage, records, stands_until) values (?, ?, ?, ?)",
        named.pseudonym(),
        named.passage(),
        named.records(),
        named.until());
    int place = 0;
    for (var sibling : named.siblings()) {
      statements.change(
          "insert into sibling values (?, ?, ?, ?)",
          named.pseudonym(),
          place++,
          sibling.key(),
          String.join("\n", sibling.addresses()));
    }
  }

  void comes(List<Coming> comings) throws SQLException {
    for (var coming : comings) {
      statements.change(
          "merge into coming (told_by, pseudonym, node, hops, forget_at)"
              + " key (told_by, pseudonym, node) values (?, ?, ?, ?, ?)",
          coming.by(),
          coming.pseudonym(),
          coming.node(),
          coming.hops(),
          coming.until());
    }
  }

  boolean forget(NodeId relay) throws SQLException {
    return statements.change("delete from coming where told_by = ? and node <> told_by", relay) > 0;
  }

  // ---- the transaction

  @Override
  public void forced() {
    forced = new Totals(envelopes, bytes, bodies);
  }

  @Override
  public void rolledBack() {
    envelopes = forced.envelopes();
    bytes = forced.bytes();
    bodies = forced.bodies();
  }

  /** As of the last force; any thread. */
  Totals totals() {
    return forced;
  }
}
