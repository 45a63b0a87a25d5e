package com.softadastra.contracts.suite;

import static com.softadastra.contracts.suite.Samples.CLOCK;
import static com.softadastra.contracts.suite.Samples.INCARNATION;
import static com.softadastra.contracts.suite.Samples.NODE;
import static com.softadastra.contracts.suite.Samples.OTHER_NODE;
import static com.softadastra.contracts.suite.Samples.PEER;
import static com.softadastra.contracts.suite.Samples.PROBLEM;
import static com.softadastra.contracts.suite.Samples.SILENT_PEER;
import static com.softadastra.contracts.suite.Samples.TEXT;

import com.softadastra.contracts.Refused;
import com.softadastra.contracts.Reply;
import com.softadastra.contracts.blob.BlobLinks;
import com.softadastra.contracts.blob.BlobPeers;
import com.softadastra.contracts.blob.Blobs;
import com.softadastra.contracts.mail.MailLinks;
import com.softadastra.contracts.mail.Mailboxes;
import com.softadastra.contracts.mail.RelayDuties;
import com.softadastra.contracts.mail.RelayDuty;
import com.softadastra.contracts.peering.Bundles;
import com.softadastra.contracts.peering.EnvelopeTaken;
import com.softadastra.contracts.peering.InvitationIssued;
import com.softadastra.contracts.peering.InvitationRequest;
import com.softadastra.contracts.peering.MemberChange;
import com.softadastra.contracts.peering.MemberView;
import com.softadastra.contracts.peering.NodeInfo;
import com.softadastra.contracts.peering.PeerLinks;
import com.softadastra.contracts.peering.PeerUnreachable;
import com.softadastra.contracts.peering.Peering;
import com.softadastra.contracts.peering.Role;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Flux;

/** Calls of {@link Peering}, {@link Bundles} and {@link PeerLinks}, at least one of each method. */
final class PeeringCases {
  private static final List<String> ADDRESSES = List.of("[2001:db8::1]:7443", "example.org:1");

  /** None, one byte, one that fills several frames. */
  private static final List<byte[]> FRAMES =
      List.of(new byte[0], new byte[] {-1}, Samples.bytes(300_000, 7));

  private PeeringCases() {}

  static List<ContractCase<Peering>> peering() {
    var invitation =
        new InvitationRequest(
            List.of(
                new InvitationRequest.SpaceGrant(TEXT, Role.ADMIN),
                new InvitationRequest.SpaceGrant("b", Role.READER)),
            Duration.ofDays(400).plusNanos(1),
            Integer.MAX_VALUE);
    var member =
        new MemberView(
            NODE,
            TEXT,
            Role.WRITER,
            List.of(TEXT, ""),
            "active",
            Map.of(NODE + "/" + INCARNATION, Long.MAX_VALUE, "b", 1L),
            CLOCK,
            1L << 60);
    var unseen = new MemberView(OTHER_NODE, "", Role.ADMIN, List.of(), "", Map.of(), null, 0);
    return List.of(
        ContractCase.of(
            "node",
            new NodeInfo(NODE, TEXT, INCARNATION, ADDRESSES, "0.1.0", CLOCK),
            Peering::node),
        ContractCase.of("certify", FRAMES, to -> to.certify(FRAMES.get(2)), FRAMES.get(2)),
        ContractCase.of(
            "invite",
            Reply.of(new InvitationIssued(TEXT)),
            to -> to.invite(invitation),
            invitation),
        ContractCase.of("join", Reply.of(PEER), to -> to.join("inv", TEXT), "inv", TEXT),
        ContractCase.of("join", Reply.refused(PROBLEM), to -> to.join("inv", null), "inv", null),
        ContractCase.of(
            "acceptPairing",
            FRAMES.get(2),
            to -> to.acceptPairing(NODE, FRAMES.get(1)),
            NODE,
            FRAMES.get(1)),
        ContractCase.of(
            "acceptPairing",
            FRAMES.get(0),
            to -> to.acceptPairing(NODE, FRAMES.get(0)),
            NODE,
            FRAMES.get(0)),
        ContractCase.of("peers", List.of(PEER, SILENT_PEER), Peering::peers),
        ContractCase.of(
            "switchLink", Reply.of(SILENT_PEER), to -> to.switchLink(NODE, false), NODE, false),
        ContractCase.of(
            "members", Reply.of(List.of(member, unseen)), to -> to.members("shop"), "shop"),
        ContractCase.of(
            "changeMember",
            Reply.of(member),
            to -> to.changeMember("shop", NODE, new MemberChange(null, List.of("hq", TEXT))),
            "shop",
            NODE,
            new MemberChange(null, List.of("hq", TEXT))),
        ContractCase.of(
            "changeMember",
            Reply.refused(PROBLEM),
            to -> to.changeMember("shop", NODE, new MemberChange(Role.READER, null)),
            "shop",
            NODE,
            new MemberChange(Role.READER, null)),
        ContractCase.of(
            "retireMember", Reply.of(unseen), to -> to.retireMember("shop", NODE), "shop", NODE),
        ContractCase.of(
            "retireMember",
            Reply.refused(PROBLEM),
            to -> to.retireMember("shop", OTHER_NODE),
            "shop",
            OTHER_NODE),
        ContractCase.ofStream(
            "accept", FRAMES, to -> to.accept(NODE, Flux.fromIterable(FRAMES)), NODE, FRAMES),
        ContractCase.ofFailingStream(
            "accept", new Refused(PROBLEM), to -> to.accept(NODE, Flux.empty()), NODE, List.of()));
  }

  static List<ContractCase<Bundles>> bundles() {
    var all =
        new EnvelopeTaken(
            NODE, Integer.MAX_VALUE, List.of(new EnvelopeTaken.Refusal(OTHER_NODE, TEXT)));
    var nothing = new EnvelopeTaken(OTHER_NODE, 0, List.of());
    return List.of(
        ContractCase.ofStream("export", FRAMES, to -> to.export(NODE, false), NODE, false),
        ContractCase.ofFailingStream(
            "export", new Refused(PROBLEM), to -> to.export(NODE, true), NODE, true),
        ContractCase.ofStream(
            "take", List.of(all, nothing), to -> to.take(Flux.fromIterable(FRAMES)), FRAMES),
        ContractCase.ofFailingStream(
            "take", new Refused(PROBLEM), to -> to.take(Flux.empty()), List.of()));
  }

  static List<ContractCase<Mailboxes>> mailboxes() {
    return List.of(
        ContractCase.ofStream(
            "accept", FRAMES, to -> to.accept(NODE, Flux.fromIterable(FRAMES)), NODE, FRAMES),
        ContractCase.ofFailingStream(
            "accept", new Refused(PROBLEM), to -> to.accept(NODE, Flux.empty()), NODE, List.of()));
  }

  static List<ContractCase<Blobs>> blobs() {
    return List.of(
        ContractCase.ofStream(
            "serve", FRAMES, to -> to.serve(NODE, Flux.fromIterable(FRAMES)), NODE, FRAMES),
        ContractCase.ofFailingStream(
            "serve", new Refused(PROBLEM), to -> to.serve(NODE, Flux.empty()), NODE, List.of()));
  }

  static List<ContractCase<BlobLinks>> blobLinks() {
    return List.of(
        ContractCase.ofStream(
            "fetch",
            FRAMES,
            to -> to.fetch(NODE, ADDRESSES, Flux.fromIterable(FRAMES)),
            NODE,
            ADDRESSES,
            FRAMES),
        ContractCase.ofFailingStream(
            "fetch",
            new PeerUnreachable(TEXT, null),
            to -> to.fetch(NODE, List.of(), Flux.empty()),
            NODE,
            List.of(),
            List.of()));
  }

  static List<ContractCase<MailLinks>> mailLinks() {
    return List.of(
        ContractCase.ofStream(
            "mail",
            FRAMES,
            to -> to.mail(NODE, ADDRESSES, Flux.fromIterable(FRAMES)),
            NODE,
            ADDRESSES,
            FRAMES),
        ContractCase.ofFailingStream(
            "mail",
            new PeerUnreachable(TEXT, null),
            to -> to.mail(NODE, List.of(), Flux.empty()),
            NODE,
            List.of(),
            List.of()));
  }

  static List<ContractCase<BlobPeers>> blobPeers() {
    return List.of(
        ContractCase.of(
            "peers", List.of(new BlobPeers.BlobPeer(NODE, ADDRESSES)), BlobPeers::peers),
        ContractCase.of("peers", List.of(), BlobPeers::peers));
  }

  static List<ContractCase<RelayDuties>> relayDuties() {
    return List.of(
        ContractCase.of("node", NODE, RelayDuties::node),
        ContractCase.of(
            "duties",
            List.of(new RelayDuty(Samples.hash("space"), FRAMES.get(1))),
            RelayDuties::duties),
        ContractCase.of(
            "certifyMailboxes",
            FRAMES.get(2),
            to -> to.certifyMailboxes(FRAMES.get(1)),
            FRAMES.get(1)));
  }

  static List<ContractCase<PeerLinks>> peerLinks() {
    var unreachable = new PeerUnreachable(TEXT, null);
    return List.of(
        ContractCase.of("addresses", ADDRESSES, PeerLinks::addresses),
        ContractCase.ofStream(
            "connect",
            FRAMES,
            to -> to.connect(NODE, ADDRESSES, Flux.fromIterable(FRAMES)),
            NODE,
            ADDRESSES,
            FRAMES),
        ContractCase.ofFailingStream(
            "connect",
            unreachable,
            to -> to.connect(NODE, List.of(), Flux.empty()),
            NODE,
            List.of(),
            List.of()),
        ContractCase.of(
            "pair",
            FRAMES.get(2),
            to -> to.pair(NODE, ADDRESSES, FRAMES.get(1)),
            NODE,
            ADDRESSES,
            FRAMES.get(1)),
        ContractCase.of(
            "pair",
            unreachable,
            to -> to.pair(NODE, List.of(), FRAMES.get(0)),
            NODE,
            List.of(),
            FRAMES.get(0)));
  }
}
