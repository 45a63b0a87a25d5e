package com.softadastra.sync.peer;

import com.softadastra.contracts.Base32;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.mail.RelayDuty;
import com.softadastra.contracts.peering.InvitationIssued;
import com.softadastra.contracts.peering.InvitationRequest;
import com.softadastra.contracts.peering.MemberChange;
import com.softadastra.contracts.peering.PeerLinks;
import com.softadastra.contracts.peering.PeerUnreachable;
import com.softadastra.contracts.peering.Role;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.envelope.Envelope;
import com.softadastra.engine.envelope.Passage;
import com.softadastra.engine.log.Signatures;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.engine.space.SignedRecord;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.peer.PairingMessages.Answer;
import com.softadastra.sync.peer.PairingMessages.Request;
import com.softadastra.sync.peer.PairingMessages.SharedSpace;
import com.softadastra.sync.storage.Recording;
import com.softadastra.sync.storage.SpaceView;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.transaction.support.TransactionTemplate;

/** How nodes come to know each other: one issues an invitation, the other accepts it, once. */
public final class Pairing {
  private final Recording recording;
  private final NodeKey key;
  private final String name;
  private final SpaceNames spaces;
  private final PeerDirectory peers;
  private final RelayDirectory relays;
  private final InvitationRepository invitations;
  private final TransactionTemplate transaction;
  private final Exchanges exchanges;
  private final Supplier<PeerLinks> links;
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();

  Pairing(
      Recording recording,
      NodeKey key,
      String name,
      SpaceNames spaces,
      PeerDirectory peers,
      RelayDirectory relays,
      InvitationRepository invitations,
      TransactionTemplate transaction,
      Exchanges exchanges,
      Supplier<PeerLinks> links,
      InstantSource clock) {
    this.recording = recording;
    this.key = key;
    this.name = name;
    this.spaces = spaces;
    this.peers = peers;
    this.relays = relays;
    this.invitations = invitations;
    this.transaction = transaction;
    this.exchanges = exchanges;
    this.links = links;
    this.clock = clock;
  }

  /**
   * @throws Refused where a space is not known, or this node may not invite to it
   */
  InvitationIssued invite(InvitationRequest request) {
    for (var grant : request.spaces()) {
      var membership = spaces.view(grant.space()).membership();
      if (membership.member(key.nodeId()).filter(self -> self.role() == Role.ADMIN).isEmpty()) {
        throw new Refused(
            ProblemCode.NOT_ALLOWED, "this node is no admin of space " + grant.space());
      }
    }
    byte[] secret = random(Invitation.SECRET_BYTES);
    var id = Base32.encode(random(16));
    var expires = clock.instant().plus(request.expiresIn());
    var grants =
        request.spaces().stream()
            .map(grant -> grant.space() + ":" + grant.role())
            .collect(Collectors.joining(" "));
    var addresses = links.get().addresses();
    await(
        recording.administer(() ->
            invitations.save(new InvitationEntity(id, secret, grants, expires, request.uses()))));
    // a relay learns no space's name
    var names =
        request.spaces().stream()
            .filter(grant -> grant.role() != Role.RELAY)
            .map(InvitationRequest.SpaceGrant::space)
            .toList();
    return new InvitationIssued(
        new Invitation(key.nodeId(), addresses, id, secret, expires.toEpochMilli(), names)
            .encode());
  }

  /**
   * Accepts an invitation.
   *
   * @param as the local name of the invitation's one space; null for its own
   * @return the inviter
   */
  NodeId join(String text, @Nullable String as) {
    var invitation = Invitation.decode(text);
    if (invitation.inviter().equals(key.nodeId())) {
      throw Invitation.invalid("it was issued by this node");
    }
    if (as != null && invitation.spaces().size() != 1) {
      throw Invitation.invalid(
          "\"as\" names one space, and it is for " + invitation.spaces().size());
    }
    var request =
        new Request(
            invitation.id(),
            PairingMessages.proof(invitation.secret(), invitation.inviter(), key.nodeId()),
            key.publicKey(),
            name,
            links.get().addresses());
    Answer answer;
    try {
      answer =
          Answer.decode(
              links.get().pair(invitation.inviter(), invitation.addresses(), request.encode()));
    } catch (PeerUnreachable e) {
      throw new Refused(
          ProblemCode.PEER_UNREACHABLE, "the inviter can't be reached: " + e.getMessage());
    } catch (Malformed e) {
      throw new Refused(
          ProblemCode.PEER_UNREACHABLE, "the inviter answered something else than was asked");
    }
    switch (answer) {
      case Answer.Rejected(var code, var detail) -> throw new Refused(code, detail);
      case Answer.Welcome welcome -> {
        await(recording.administer(() -> settle(invitation.inviter(), welcome, as)));
        exchanges.opened(invitation.inviter());
        welcome.spaces().forEach(space -> exchanges.membershipChanged(idOf(space)));
      }
    }
    return invitation.inviter();
  }

  private boolean settle(NodeId inviter, Answer.Welcome welcome, @Nullable String as)
      throws SQLException {
    for (var space : welcome.spaces()) {
      var membership = new Membership(space.records());
      if (membership.member(key.nodeId()).isEmpty() || membership.member(inviter).isEmpty()) {
        throw Invitation.invalid("the inviter did not let this node in");
      }
      spaces.join(as == null ? space.name() : as, membership);
    }
    welcome.duties().forEach(relays::take);
    peers.pair(inviter, welcome.name(), welcome.addresses(), clock.instant());
    return true;
  }

  /** A node that TLS has identified presents an invitation. */
  byte[] accept(NodeId joiner, byte[] bytes) {
    Answer answer;
    try {
      var request = Request.decode(bytes);
      answer = await(recording.administer(() -> admit(joiner, request)));
    } catch (Refused refused) {
      answer = new Answer.Rejected(refused.problem().code(), refused.problem().detail());
    } catch (Malformed e) {
      answer = new Answer.Rejected(ProblemCode.INVALID_REQUEST, "this is no request for pairing");
    }
    if (answer instanceof Answer.Welcome welcome) {
      exchanges.opened(joiner);
      welcome.spaces().forEach(space -> exchanges.admitted(joiner, idOf(space)));
      recording.views().values().stream()
          .map(SpaceView::membership)
          .filter(membership -> membership.relay(joiner).isPresent())
          .forEach(membership -> exchanges.membershipChanged(membership.space()));
    }
    return answer.encode();
  }

  private static SpaceId idOf(SharedSpace shared) {
    return new Membership(shared.records()).space();
  }

  private Answer admit(NodeId joiner, Request request) throws SQLException {
    if (!Signatures.nodeId(request.key()).equals(joiner)) {
      throw Invitation.invalid("it is presented with another key than that of the connection");
    }
    var invitation =
        invitations
            .findById(request.invitation())
            .orElseThrow(() -> Invitation.invalid("it is not known here"));
    byte[] proof = PairingMessages.proof(invitation.secret(), key.nodeId(), joiner);
    if (!MessageDigest.isEqual(proof, request.proof())) {
      throw Invitation.invalid("it is not known here");
    }
    if (!invitation.usable(clock.instant())) {
      throw Invitation.invalid("it is expired or used up");
    }
    var shared = new ArrayList<SharedSpace>();
    var duties = new ArrayList<RelayDuty>();
    for (var grant : invitation.grants().split(" ")) {
      int colon = grant.indexOf(':');
      var space = grant.substring(0, colon);
      var role = Role.valueOf(grant.substring(colon + 1));
      if (role == Role.RELAY) {
        duties.add(grantRelay(space, request));
      } else {
        shared.add(new SharedSpace(space, grant(space, role, request)));
      }
    }
    transaction.executeWithoutResult(
        _ -> invitations.findById(request.invitation()).orElseThrow().use());
    peers.pair(joiner, request.name(), request.addresses(), clock.instant());
    return new Answer.Welcome(name, links.get().addresses(), shared, duties);
  }

  private List<SignedRecord> grant(String space, Role role, Request request) throws SQLException {
    var membership = recording.membership(spaces.id(space));
    var present = membership.member(Signatures.nodeId(request.key()));
    boolean creator = present.isPresent() && present.get().node().equals(membership.steward());
    boolean same =
        present.filter(it -> !it.retired()).filter(it -> creator || it.role() == role).isPresent();
    if (!same) {
      var labels = present.map(Membership.Member::labels).orElse(List.of());
      var grant =
          membership.grant(
              key.nodeId(),
              request.key(),
              request.name(),
              role,
              labels,
              Math.max(0, clock.millis()));
      membership = membership.with(List.of(SpaceNames.sign(grant, key)));
      if (!membership.isActive(Signatures.nodeId(request.key()))) {
        throw new Refused(
            ProblemCode.NOT_ALLOWED, "the steward of " + space + " has retired this node");
      }
      recording.putMembership(membership);
    }
    return membership.records();
  }

  private RelayDuty grantRelay(String space, Request request) throws SQLException {
    var membership = recording.membership(spaces.id(space));
    var node = Signatures.nodeId(request.key());
    if (membership.member(node).isPresent()) {
      throw new Refused(
          ProblemCode.NOT_ALLOWED,
          "a member of " + space + ", which can read it, can't become a relay, which can't");
    }
    var addresses =
        request.addresses().stream()
            .filter(address -> address.length() <= MembershipRecord.ADDRESS_BYTES)
            .limit(MembershipRecord.MOST_ADDRESSES)
            .toList();
    if (membership.relay(node).filter(it -> it.addresses().equals(addresses)).isEmpty()) {
      var grant =
          membership.grantRelay(
              key.nodeId(), request.key(), request.name(), addresses, Math.max(0, clock.millis()));
      var after = membership.with(List.of(SpaceNames.sign(grant, key)));
      if (after.relay(node).isEmpty()) {
        throw new Refused(
            ProblemCode.NOT_ALLOWED,
            "a record of " + space + " that counts more has dismissed this relay");
      }
      recording.putMembership(after);
    }
    return new RelayDuty(Envelope.pseudonym(membership.space()), Passage.key(membership.space()));
  }

  /**
   * Signs and records what a member is to be, and tells the others.
   *
   * @throws Refused where this node is no admin of the space, or there is no such member
   */
  void change(String space, NodeId node, MemberChange change) {
    var id = spaces.id(space);
    boolean changed = await(recording.administer(() -> grant(space, node, change)));
    if (changed) {
      exchanges.membershipChanged(id);
    }
  }

  private Membership administered(String space) {
    var membership = recording.membership(spaces.id(space));
    if (membership.member(key.nodeId()).filter(self -> self.role() == Role.ADMIN).isEmpty()) {
      throw new Refused(ProblemCode.NOT_ALLOWED, "this node is no admin of space " + space);
    }
    return membership;
  }

  private static Refused unknown(String space) {
    return new Refused(ProblemCode.PEER_UNKNOWN, "space " + space + " has no such member");
  }

  private boolean grant(String space, NodeId node, MemberChange change) {
    var membership = administered(space);
    var member = membership.member(node).orElseThrow(() -> unknown(space));
    // a role is what makes a retired one active again, also the one that it had
    boolean again = member.retired() && change.role() != null;
    var role = change.role() == null ? member.role() : change.role();
    var labels =
        change.labels() == null ? member.labels() : change.labels().stream().sorted().toList();
    if (role == member.role() && labels.equals(member.labels()) && !again) {
      return false;
    }
    var grant =
        membership.grant(
            key.nodeId(), member.key(), member.name(), role, labels, Math.max(0, clock.millis()));
    var after = membership.with(List.of(SpaceNames.sign(grant, key)));
    var now = after.member(node).orElseThrow();
    if (now.role() != role || !now.labels().equals(labels) || now.retired()) {
      throw new Refused(
          ProblemCode.NOT_ALLOWED,
          node.equals(membership.steward())
              ? "the space's creator stays an admin, and has the labels that it gives itself"
              : "the space's steward has said what this member is");
    }
    recording.putMembership(after);
    return true;
  }

  /**
   * Signs and records that nobody counts on a member any more, or that a relay is none, and tells
   * the others. Where it is so already, nothing is recorded.
   *
   * @throws Refused where this node may not say so, or there is neither
   */
  void retire(String space, NodeId node) {
    var id = spaces.id(space);
    boolean changed = await(recording.administer(() -> retired(space, node)));
    if (changed) {
      exchanges.membershipChanged(id);
    }
  }

  private boolean retired(String space, NodeId node) {
    var membership = administered(space);
    var member = membership.member(node);
    if (member.filter(Membership.Member::retired).isPresent() || isDismissed(membership, node)) {
      return false;
    }
    if (member.isEmpty() && membership.relay(node).isEmpty()) {
      throw unknown(space);
    }
    if (node.equals(membership.steward())) {
      throw new Refused(
          ProblemCode.NOT_ALLOWED,
          "the space's steward can't be retired: nobody else numbers what follows");
    }
    var record = membership.retirement(key.nodeId(), node, Math.max(0, clock.millis()));
    var after = membership.with(List.of(SpaceNames.sign(record, key)));
    if (after.isActive(node) || after.relay(node).isPresent()) {
      throw new Refused(
          ProblemCode.NOT_ALLOWED,
          member.isPresent()
              ? "only the space's steward retires a member"
              : "a record that counts more has made this node a relay");
    }
    recording.putMembership(after);
    return true;
  }

  private static boolean isDismissed(Membership membership, NodeId node) {
    return membership.dismissed().stream().anyMatch(relay -> relay.node().equals(node));
  }

  private byte[] random(int bytes) {
    var drawn = new byte[bytes];
    random.nextBytes(drawn);
    return drawn;
  }

  private static <T> T await(Future<T> done) {
    try {
      return done.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException("recording failed", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Refused(ProblemCode.NOT_RECORDING, "interrupted while waiting for the disk");
    }
  }
}
