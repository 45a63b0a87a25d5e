package com.softadastra.engine.space;

import static com.softadastra.engine.Given.CLOCK;
import static com.softadastra.engine.Given.creation;
import static com.softadastra.engine.Given.hash;
import static com.softadastra.engine.Given.key;
import static com.softadastra.engine.Given.signed;
import static com.softadastra.engine.Given.space;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.log.Authority;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MembershipTest {
  private static final SignedRecord CREATION = signed(creation(1), key(1));

  @Test
  void creatorIsStewardAndAdmin() {
    var membership = new Membership(List.of(CREATION));
    assertThat(membership.space()).isEqualTo(space(1));
    assertThat(membership.steward()).isEqualTo(key(1).nodeId());
    assertThat(membership.epoch()).isEqualTo(1);
    assertThat(role(membership, 1)).isEqualTo(Role.ADMIN);
    assertThat(membership.authority(key(1).nodeId())).contains(new Authority(1, 1, null));
  }

  @Test
  void stewardsGrantIsNumbered() {
    var membership = new Membership(List.of(CREATION));
    var grant = membership.grant(key(1).nodeId(), key(2).publicKey(), "two", Role.WRITER, CLOCK);
    assertThat(grant.number()).isEqualTo(2);
    assertThat(grant.previous()).isEqualTo(CREATION.hash());
    var record = signed(grant, key(1));
    var after = membership.with(List.of(record));
    assertThat(role(after, 2)).isEqualTo(Role.WRITER);
    assertThat(after.epoch()).isEqualTo(2);
    assertThat(after.with(List.of(record, CREATION))).isSameAs(after);
    assertThat(after.grant(key(1).nodeId(), key(3).publicKey(), "three", Role.READER, 1).previous())
        .isEqualTo(record.hash());
  }

  @Test
  void adminsGrantCountsAtOnceWithoutNumber() {
    var admin = grant(1, 2, Role.ADMIN, 2);
    var membership = new Membership(List.of(CREATION, admin));
    var grant = membership.grant(key(2).nodeId(), key(3).publicKey(), "three", Role.WRITER, CLOCK);
    assertThat(grant.number()).isZero();
    var after = membership.with(List.of(signed(grant, key(2))));
    assertThat(role(after, 3)).isEqualTo(Role.WRITER);
    assertThat(after.epoch()).isEqualTo(2);
  }

  @Test
  void grantOfOneWhoIsNoAdminDoesNotCount() {
    var membership =
        new Membership(
            List.of(
                CREATION,
                grant(1, 2, Role.WRITER, 2),
                grant(2, 3, Role.ADMIN, 0),
                grant(9, 4, Role.ADMIN, 0)));
    assertThat(membership.member(key(3).nodeId())).isEmpty();
    assertThat(membership.member(key(4).nodeId())).isEmpty();
  }

  @Test
  void forgedAndUnsignedGrantsDoNotCount() {
    var genuine = grant(1, 2, Role.WRITER, 2);
    withoutEffect(signed(MembershipRecord.decode(genuine.bytes()), key(2)));
    withoutEffect(new SignedRecord(genuine.bytes(), new byte[64]));
    withoutEffect(new SignedRecord(genuine.bytes(), new byte[0]));
    withoutEffect(new SignedRecord(grant(1, 2, Role.ADMIN, 2).bytes(), genuine.signature()));
  }

  @Test
  void aRecordWithAWrongSignatureKeepsTheRightOneNotOut() {
    var genuine = signed(record(space(1), 1, 2, Role.WRITER, 2, CLOCK), key(1));
    var damaged = signed(MembershipRecord.decode(genuine.bytes()), key(3));
    var membership = new Membership(List.of(CREATION));

    assertThat(membership.with(List.of(damaged))).isSameAs(membership);
    assertThat(new Membership(List.of(CREATION, damaged)).with(List.of(genuine)).members())
        .hasSize(2);
    assertThat(new Membership(List.of(CREATION, damaged, grant(1, 4, Role.WRITER, 3))).records())
        .hasSize(2)
        .doesNotContain(damaged);
  }

  @Test
  void foreignAndMalformedRecordsAreRefused() {
    refused(
        CREATION, signed(record(new SpaceId(hash("other")), 1, 2, Role.ADMIN, 2, CLOCK), key(1)));
    refused(CREATION, new SignedRecord(new byte[] {1, 2, 3}, new byte[64]));
    refused(CREATION, signed(creation(2), key(2)));
    refused(signed(creation(1), key(2)));
    refused(grant(1, 2, Role.WRITER, 2));
  }

  @Test
  void creatorStaysAdminWhateverAnAdminGrants() {
    var membership =
        new Membership(List.of(CREATION, grant(1, 2, Role.ADMIN, 2), grant(2, 1, Role.READER, 0)));
    assertThat(role(membership, 1)).isEqualTo(Role.ADMIN);
  }

  @Test
  void adminCanNotOutnumberTheSteward() {
    var membership =
        new Membership(
            List.of(
                CREATION,
                grant(1, 2, Role.ADMIN, 2),
                grant(1, 2, Role.READER, 3),
                grant(2, 2, Role.ADMIN, 1000)));
    assertThat(role(membership, 2)).isEqualTo(Role.READER);
    assertThat(membership.epoch()).isEqualTo(3);
  }

  @Test
  void roleIsThatOfTheGrantThatTheAuthorNamed() {
    var writer = grant(1, 2, Role.WRITER, 2);
    var reader = grant(1, 2, Role.READER, 3);
    var membership = new Membership(List.of(CREATION, writer, reader));
    var two = key(2).nodeId();
    assertThat(membership.role(two, new Authority(1, 2, writer.hash()))).contains(Role.WRITER);
    assertThat(membership.role(two, new Authority(1, 3, reader.hash()))).contains(Role.READER);
    assertThat(membership.role(two, new Authority(1, 3, hash("unknown")))).isEmpty();
    assertThat(membership.role(two, new Authority(1, 1, null))).isEmpty();
    assertThat(membership.role(key(3).nodeId(), new Authority(1, 2, writer.hash()))).isEmpty();
  }

  @Test
  void labelsAreThoseOfTheRecordThatCounts() {
    var plain = grant(1, 2, Role.WRITER, 2);
    var before = new Membership(List.of(CREATION, plain));
    var record =
        before.grant(key(1).nodeId(), key(2).publicKey(), "two", Role.WRITER, List.of("hq"), CLOCK);
    var given = signed(record, key(1));
    var after = before.with(List.of(given));
    assertThat(MembershipRecord.decode(record.encode()).encode()).isEqualTo(record.encode());
    assertThat(after.member(key(2).nodeId()).orElseThrow().labels()).containsExactly("hq");
    var authority = after.authority(key(2).nodeId()).orElseThrow();
    assertThat(authority).isEqualTo(new Authority(1, 3, given.hash(), List.of("hq")));
    assertThat(after.labelled(authority)).isTrue();
    // what the record that an entry names doesn't give, no entry has
    assertThat(after.labelled(new Authority(1, 3, given.hash(), List.of()))).isFalse();
    assertThat(after.labelled(new Authority(1, 3, given.hash(), List.of("a", "hq")))).isFalse();
    assertThat(after.labelled(new Authority(1, 3, plain.hash(), List.of("hq")))).isFalse();
    assertThat(after.labelled(new Authority(1, 2, plain.hash(), List.of()))).isTrue();
    assertThat(after.labelled(new Authority(1, 1, null, List.of("hq")))).isFalse();
  }

  @Test
  void creatorGivesItselfLabelsAndStaysAnAdmin() {
    var admin = grant(1, 2, Role.ADMIN, 2);
    var before = new Membership(List.of(CREATION, admin));
    var own =
        before.grant(key(1).nodeId(), key(1).publicKey(), "one", Role.ADMIN, List.of("hq"), CLOCK);
    var after = before.with(List.of(signed(own, key(1))));
    assertThat(after.member(key(1).nodeId()).orElseThrow().labels()).containsExactly("hq");
    assertThat(role(after, 1)).isEqualTo(Role.ADMIN);
    var authority = after.authority(key(1).nodeId()).orElseThrow();
    assertThat(after.role(key(1).nodeId(), authority)).contains(Role.ADMIN);
    assertThat(after.labelled(authority)).isTrue();
    // nobody else says what the creator is, and it can't make itself less
    var others = signed(record(space(1), 2, 1, Role.READER, 0, CLOCK + 9), key(2));
    var less = grant(1, 1, Role.READER, 9);
    assertThat(role(after.with(List.of(others, less)), 1)).isEqualTo(Role.ADMIN);
    assertThat(after.with(List.of(others, less)).authority(key(1).nodeId()).orElseThrow().grant())
        .isEqualTo(authority.grant());
  }

  @Test
  void aRelayIsNoMember() {
    var made = new Membership(List.of(CREATION));
    var one = key(1).nodeId();
    var grant = made.grantRelay(one, key(2).publicKey(), "mast", List.of("10.0.0.2:7600"), CLOCK);
    var membership = made.with(List.of(signed(grant, key(1))));
    var mast = key(2).nodeId();
    assertThat(membership.members()).hasSize(1);
    assertThat(membership.member(mast)).isEmpty();
    assertThat(membership.authority(mast)).isEmpty();
    assertThat(membership.relay(mast).orElseThrow().addresses()).containsExactly("10.0.0.2:7600");
    var since = membership.authority(one).orElseThrow();
    assertThat(membership.belonged(mast, since)).isFalse();
    var claimed = new Authority(1, 2, membership.records().getLast().hash());
    assertThat(membership.role(mast, claimed).orElseThrow().writes()).isFalse();
  }

  @Test
  void aMemberCanBecomeARelayAndARelayAMember() {
    var made = new Membership(List.of(CREATION));
    var one = key(1).nodeId();
    var two = key(2).nodeId();
    var first = made.grant(one, key(2).publicKey(), "two", Role.WRITER, CLOCK);
    var member = made.with(List.of(signed(first, key(1))));
    var second = member.grantRelay(one, key(2).publicKey(), "two", List.of(), CLOCK);
    var relay = member.with(List.of(signed(second, key(1))));
    assertThat(relay.member(two)).isEmpty();
    assertThat(relay.relay(two)).isPresent();
    var third = relay.grant(one, key(2).publicKey(), "two", Role.READER, CLOCK);
    var again = relay.with(List.of(signed(third, key(1))));
    assertThat(role(again, 2)).isEqualTo(Role.READER);
    assertThat(again.relays()).isEmpty();
  }

  @Test
  void aRetiredMemberIsNotCountedOnAndIsWhatItWas() {
    var member = new Membership(List.of(CREATION, grant(1, 2, Role.WRITER, 2)));
    var retirement = member.retirement(key(1).nodeId(), key(2).nodeId(), CLOCK);
    assertThat(retirement.number()).isEqualTo(3);
    assertThat(retirement.previous()).isEqualTo(member.records().getLast().hash());
    var after = member.with(List.of(signed(retirement, key(1))));
    var two = after.member(key(2).nodeId()).orElseThrow();
    assertThat(two.retired()).isTrue();
    assertThat(two.number()).isEqualTo(3);
    assertThat(two.role()).isEqualTo(Role.WRITER);
    assertThat(after.members()).hasSize(2);
    assertThat(after.active()).extracting(Membership.Member::node).containsExactly(key(1).nodeId());
    assertThat(after.isActive(key(2).nodeId())).isFalse();
    assertThat(after.epoch()).isEqualTo(3);
    var authority = after.authority(key(2).nodeId()).orElseThrow();
    assertThat(after.role(key(2).nodeId(), authority)).contains(Role.WRITER);
    assertThat(after.belonged(key(2).nodeId(), authority)).isTrue();
    // the next record follows on it
    var next = after.grant(key(1).nodeId(), key(3).publicKey(), "three", Role.READER, CLOCK);
    assertThat(next.number()).isEqualTo(4);
    assertThat(next.previous()).isEqualTo(after.records().getLast().hash());
  }

  @Test
  void ofARetirementAndAGrantTheLaterStands() {
    var granted = grant(1, 2, Role.WRITER, 2);
    var retired = retirement(1, 2, 3, CLOCK);
    var again = grant(1, 2, Role.WRITER, 4);
    assertThat(new Membership(List.of(CREATION, granted, retired, again)).isActive(two())).isTrue();
    assertThat(new Membership(List.of(CREATION, again, retired)).isActive(two())).isTrue();
    assertThat(
            new Membership(List.of(CREATION, again, retired, retirement(1, 2, 5, CLOCK)))
                .isActive(two()))
        .isFalse();
    // what an admin grants doesn't outnumber the steward's word
    var admins = signed(record(space(1), 3, 2, Role.ADMIN, 0, CLOCK + 9), key(3));
    assertThat(
            new Membership(List.of(CREATION, granted, grant(1, 3, Role.ADMIN, 3), retired, admins))
                .isActive(two()))
        .isFalse();
  }

  @Test
  void onlyTheStewardRetiresMembersAndNobodyTheSteward() {
    var admin = grant(1, 2, Role.ADMIN, 2);
    var others = signed(record(space(1), 2, 3, Role.WRITER, 0, CLOCK), key(2));
    var membership =
        new Membership(
            List.of(
                CREATION,
                admin,
                others,
                retirement(2, 3, 0, CLOCK + 1),
                retirement(2, 1, 0, CLOCK + 1),
                retirement(1, 1, 3, CLOCK + 1)));
    assertThat(membership.active()).hasSize(3);
    assertThat(membership.records()).hasSize(6);
  }

  @Test
  void anAdminDismissesTheRelayThatAnAdminInvited() {
    var admin = grant(1, 2, Role.ADMIN, 2);
    var membership = new Membership(List.of(CREATION, admin));
    var two = key(2).nodeId();
    var mast = key(3).nodeId();
    var grant = membership.grantRelay(two, key(3).publicKey(), "mast", List.of("a:1"), CLOCK);
    var with = membership.with(List.of(signed(grant, key(2))));
    var dismissal = with.retirement(two, mast, CLOCK + 1);
    assertThat(dismissal.number()).isZero();
    var without = with.with(List.of(signed(dismissal, key(2))));
    assertThat(without.relay(mast)).isEmpty();
    assertThat(without.member(mast)).isEmpty();
    assertThat(without.dismissed()).extracting(Membership.Relay::node).containsExactly(mast);
    // one that has become a member since is the steward's to retire
    var member = signed(record(space(1), 2, 3, Role.READER, 0, CLOCK), key(2));
    assertThat(
            new Membership(List.of(CREATION, admin, member, without.records().getLast()))
                .isActive(mast))
        .isTrue();
    // and what the steward has invited is the steward's to dismiss
    var stewards =
        membership.grantRelay(key(1).nodeId(), key(3).publicKey(), "mast", List.of("a:1"), CLOCK);
    var kept = membership.with(List.of(signed(stewards, key(1)), retirement(2, 3, 0, CLOCK + 1)));
    assertThat(kept.relay(mast)).isPresent();
    assertThat(kept.with(List.of(retirement(1, 3, 4, CLOCK))).relay(mast)).isEmpty();
  }

  @Test
  void anAdminWhoseClockIsAheadHasNotTheLastWord() {
    long ahead = CLOCK + 3_600_000;
    var two = key(2).nodeId();
    var three = key(3).nodeId();
    var mast = key(4).nodeId();
    var membership =
        new Membership(List.of(CREATION, grant(1, 2, Role.ADMIN, 2), grant(1, 3, Role.ADMIN, 3)));
    byte[] relay = key(4).publicKey();
    var invited = membership.grantRelay(two, relay, "mast", List.of("a:1"), ahead);
    var with = membership.with(List.of(signed(invited, key(2))));
    var without = with.with(List.of(signed(with.retirement(three, mast, CLOCK), key(3))));
    assertThat(without.relay(mast)).isEmpty();
    var again = without.grantRelay(three, relay, "mast", List.of("b:1"), CLOCK);
    var back = without.with(List.of(signed(again, key(3))));
    assertThat(back.relay(mast).orElseThrow().addresses()).containsExactly("b:1");
    // and so of a member's role
    var writer = membership.grant(two, key(5).publicKey(), "five", Role.WRITER, ahead);
    var five = membership.with(List.of(signed(writer, key(2))));
    var reader = five.grant(three, key(5).publicKey(), "five", Role.READER, CLOCK);
    assertThat(role(five.with(List.of(signed(reader, key(3)))), 5)).isEqualTo(Role.READER);
    // who has numbers needs no later clock, and behind the last of all clocks there is none
    assertThat(with.retirement(key(1).nodeId(), mast, CLOCK).clock()).isEqualTo(CLOCK);
    var last = membership.grantRelay(two, relay, "mast", List.of(), Long.MAX_VALUE);
    var never = membership.with(List.of(signed(last, key(2))));
    assertThat(never.retirement(three, mast, CLOCK).clock()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aRetirementThatNobodyWithTheRightHasSignedDoesNotCount() {
    var member = new Membership(List.of(CREATION, grant(1, 2, Role.WRITER, 2)));
    var genuine = retirement(1, 2, 3, CLOCK);
    for (var forged :
        List.of(
            signed(MembershipRecord.decode(genuine.bytes()), key(2)),
            new SignedRecord(genuine.bytes(), new byte[64]),
            new SignedRecord(retirement(1, 2, 4, CLOCK).bytes(), genuine.signature()),
            retirement(9, 2, 0, CLOCK))) {
      assertThat(member.with(List.of(forged))).isSameAs(member);
    }
    refused(
        CREATION,
        signed(
            new MembershipRecord.Retirement(
                new SpaceId(hash("other")), two(), key(1).nodeId(), 1, 2, hash("x"), CLOCK),
            key(1)));
  }

  @Test
  void orderOfRecordsDoesNotMatter() {
    for (long seed = 1; seed <= 60; seed++) {
      var random = new Random(seed);
      var records = new ArrayList<>(List.of(CREATION));
      int number = 2;
      for (int i = 0; i < 8; i++) {
        int issuer = 1 + random.nextInt(3);
        int subject = 1 + random.nextInt(4);
        if (random.nextInt(3) == 0) {
          long ended = issuer == 1 ? (random.nextInt(5) == 0 ? number : number++) : 0;
          records.add(retirement(issuer, subject, ended, CLOCK + i));
          continue;
        }
        var role = Role.values()[random.nextInt(4)];
        // now and then the steward gives one number twice, as a copy of it would
        long given = issuer == 1 ? (random.nextInt(5) == 0 ? number : number++) : 0;
        var plain = record(space(1), issuer, subject, role, given, CLOCK + i);
        var labels = List.of(List.<String>of(), List.of("hq"), List.of("a", "hq"));
        var labelled =
            new MembershipRecord.Grant(
                plain.space(),
                plain.subjectKey(),
                plain.subjectName(),
                plain.role(),
                plain.issuer(),
                plain.term(),
                plain.number(),
                plain.previous(),
                plain.clock(),
                role == Role.RELAY ? List.of() : labels.get(random.nextInt(3)),
                role == Role.RELAY ? List.of("10.0.0." + i + ":7600") : List.of());
        records.add(signed(labelled, key(issuer)));
      }
      var expected = told(new Membership(records));
      for (int i = 0; i < 6; i++) {
        Collections.shuffle(records, random);
        assertThat(told(new Membership(records))).as("seed %d", seed).isEqualTo(expected);
        var half = new ArrayList<>(records.subList(0, 3));
        half.add(CREATION);
        assertThat(told(new Membership(half).with(records)))
            .as("seed %d, in two parts", seed)
            .isEqualTo(expected);
      }
    }
  }

  /** Everything that later decisions are made from. */
  private static String told(Membership membership) {
    var text = new StringBuilder("epoch " + membership.epoch());
    text.append(
        membership.grant(key(1).nodeId(), key(9).publicKey(), "", Role.READER, 0).previous());
    membership
        .members()
        .forEach(m ->
            text.append('\n')
                .append(m.node())
                .append(m.role())
                .append(m.labels())
                .append(m.grant())
                .append(m.number())
                .append(m.retired()));
    text.append(membership.dismissed().stream().map(Membership.Relay::node).toList());
    text.append(
        membership.relays().stream().map(relay -> relay.node() + " " + relay.addresses()).toList());
    for (var record : membership.records().stream().map(SignedRecord::hash).sorted().toList()) {
      text.append(membership.labelled(new Authority(1, 1, record, List.of("hq"))));
      for (int n = 1; n <= 4; n++) {
        text.append(membership.role(key(n).nodeId(), new Authority(1, 1, record)));
      }
    }
    return text.toString();
  }

  private static NodeId two() {
    return key(2).nodeId();
  }

  private static SignedRecord retirement(int issuer, int subject, long number, long clock) {
    return signed(
        new MembershipRecord.Retirement(
            space(1),
            key(subject).nodeId(),
            key(issuer).nodeId(),
            1,
            number,
            number == 0 ? null : space(1).hash(),
            clock),
        key(issuer));
  }

  private static Role role(Membership membership, int node) {
    return membership.member(key(node).nodeId()).orElseThrow().role();
  }

  private static void withoutEffect(SignedRecord forged) {
    assertThat(new Membership(List.of(CREATION, forged)).member(key(2).nodeId())).isEmpty();
  }

  private static void refused(SignedRecord... records) {
    assertThatThrownBy(() -> new Membership(List.of(records))).isInstanceOf(Malformed.class);
  }

  private static SignedRecord grant(int issuer, int subject, Role role, long number) {
    return signed(record(space(1), issuer, subject, role, number, CLOCK), key(issuer));
  }

  private static MembershipRecord.Grant record(
      SpaceId space, int issuer, int subject, Role role, long number, long clock) {
    Hash previous = number == 0 ? null : space.hash();
    return new MembershipRecord.Grant(
        space,
        key(subject).publicKey(),
        "node " + subject,
        role,
        key(issuer).nodeId(),
        1,
        number,
        previous,
        clock);
  }
}
