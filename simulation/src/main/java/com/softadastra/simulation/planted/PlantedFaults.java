package com.softadastra.simulation.planted;

import static com.softadastra.simulation.judge.Invariant.ATOMIC;
import static com.softadastra.simulation.judge.Invariant.BOUNDED;
import static com.softadastra.simulation.judge.Invariant.CAUSAL;
import static com.softadastra.simulation.judge.Invariant.CONVERGENT;
import static com.softadastra.simulation.judge.Invariant.CUSTODY;
import static com.softadastra.simulation.judge.Invariant.DIVIDED;
import static com.softadastra.simulation.judge.Invariant.DURABLE;
import static com.softadastra.simulation.judge.Invariant.ENVELOPES;
import static com.softadastra.simulation.judge.Invariant.FORKS_SEEN;
import static com.softadastra.simulation.judge.Invariant.FUNCTION;
import static com.softadastra.simulation.judge.Invariant.GENUINE;
import static com.softadastra.simulation.judge.Invariant.LEDGER;
import static com.softadastra.simulation.judge.Invariant.LIVE;
import static com.softadastra.simulation.judge.Invariant.LOG;
import static com.softadastra.simulation.judge.Invariant.NOTHING_LOST;
import static com.softadastra.simulation.judge.Invariant.OBLIGED;
import static com.softadastra.simulation.judge.Invariant.ONCE;
import static com.softadastra.simulation.judge.Invariant.PRIORITY;
import static com.softadastra.simulation.judge.Invariant.PROTOCOL;
import static com.softadastra.simulation.judge.Invariant.REBUILDABLE;
import static com.softadastra.simulation.judge.Invariant.SEEN_IS_DURABLE;
import static com.softadastra.simulation.plan.Feature.CARRIED;
import static com.softadastra.simulation.plan.Feature.DATABASE;
import static com.softadastra.simulation.plan.Feature.DECLARED;
import static com.softadastra.simulation.plan.Feature.DISMISSED;
import static com.softadastra.simulation.plan.Feature.FICKLE;
import static com.softadastra.simulation.plan.Feature.MAILBOXES;
import static com.softadastra.simulation.plan.Feature.OLDER;
import static com.softadastra.simulation.plan.Feature.READER;
import static com.softadastra.simulation.plan.Feature.RELAY;
import static com.softadastra.simulation.plan.Feature.RETIRED;
import static com.softadastra.simulation.plan.Feature.TWO_RELAYS;
import static com.softadastra.simulation.plan.Feature.UNDONE;
import static com.softadastra.simulation.planted.Place.in;
import static com.softadastra.simulation.planted.Place.made;
import static com.softadastra.simulation.planted.PlantedFault.of;

import com.softadastra.contracts.documents.ConflictView;
import com.softadastra.simulation.judge.Invariant;
import com.softadastra.simulation.plan.Feature;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Faults of the product that are put there on purpose, to see whether the judge catches them. A
 * campaign that doesn't proves nothing.
 */
public final class PlantedFaults {
  /** A fault that so many seeds don't show is not caught. */
  private static final int SEEDS = 1_000;

  private static final Duration PATIENCE = Duration.ofMinutes(8);

  /** A seed that takes longer is not waited for. */
  private static final Duration LONGEST = Duration.ofMinutes(5);

  /** The product as it is. */
  static final PlantedFault NOTHING =
      new PlantedFault("nothing", NOTHING_LOST, Set.of(), 1, Set.of(), List.of());

  private static final String RECORDING = "sync.storage.Recording";
  private static final String FOLD = "engine.document.DocumentFold";
  private static final String STATE = "engine.document.DocumentState";
  private static final String RECEIVER = "engine.space.Receiver";
  private static final String SESSION = "engine.session.Session";
  private static final String MEMBERSHIP = "engine.space.Membership";
  private static final String LEDGER_CLASS = "sync.storage.Ledger";
  private static final String RECEIPTS = "sync.documents.Receipts";
  private static final String MERGING = "engine.document.Merging";
  private static final String SETTLEMENTS = "sync.documents.Settlements";
  private static final String MAIL = "edge.mailbox.MailConnection";
  private static final String SIBLING = "edge.mailbox.SiblingConnection";

  static final List<PlantedFault> ALL =
      List.of(
          of(
              "answers without a force",
              DURABLE,
              in("sync.storage.Journal", "record").leavesOut("Journal.force")),
          of(
              "answers before it has committed",
              DURABLE,
              in(RECORDING, "decide", 3).with(Instead.AnswersAtOnce.class)),
          of(
              "forces every second time",
              DURABLE,
              in("sync.storage.Journal", "record")
                  .calls("Journal.force", Instead.class, "everySecond")),
          of(
                  "goes on after a failed force",
                  DURABLE,
                  in(RECORDING, "record").leavesOut("FailStop.stop"))
              .shownBy(2, DECLARED, FICKLE),
          of(
                  "tries a failed force again",
                  DURABLE,
                  in("sync.storage.Journal", "record")
                      .calls("Journal.force", Instead.class, "again"))
              .shownBy(2, DECLARED, FICKLE),
          of(
                  "uses a number again after a restart",
                  FORKS_SEEN,
                  in("sync.storage.Start", "recoverChains").with(Instead.ForgetsItsLastEntry.class))
              .shownBy(3, CARRIED)
              .or(ONCE, NOTHING_LOST),
          of(
                  "takes an intent for new that was recorded before",
                  ONCE,
                  in(RECEIVER, "append").calls("Reads.intents", Instead.class, "nothing"))
              .shownBy(13)
              .or(NOTHING_LOST),
          of(
                  "of two entries of one intent the first to arrive counts",
                  CONVERGENT,
                  in("engine.space.Revision", "settle")
                      .calls("Comparator.comparing", Instead.class, "byArrival"))
              .shownBy(13)
              .or(NOTHING_LOST, ONCE),
          of(
                  "doesn't write down that a duplicate lost its effect",
                  ONCE,
                  in("sync.storage.Batch", "add").with(Instead.WithoutRestand.class))
              .shownBy(13)
              .or(NOTHING_LOST),
          of(
              "writes on nothing, whatever is there",
              NOTHING_LOST,
              in("engine.space.Recorder$Target", "parents").with(Instead.OnNothing.class)),
          of(
                  "applies half an intent",
                  ATOMIC,
                  in("engine.space.DocumentUpdate", "apply")
                      .calls("Entry.operations", Instead.class, "half"))
              .or(NOTHING_LOST),
          of("owes nothing", OBLIGED, in(RECORDING, "owed").answers(false)).or(LEDGER),
          of(
                  "doesn't owe a new member what was there",
                  OBLIGED,
                  in("sync.storage.Batch", "oweEverything").doesNothing())
              .shownBy(5, Feature.DIVIDED),
          of(
              "owes to no member what one has",
              OBLIGED,
              in(LEDGER_CLASS, "owed").with(Instead.OneIsEnough.class)),
          of(
                  "clears on custody what it owes",
                  OBLIGED,
                  in("sync.relay.CustodyBook", "signed").with(Instead.RemembersCustody.class),
                  in(LEDGER_CLASS, "owed").with(Instead.CustodyIsEnough.class))
              .shownBy(1, RELAY)
              .or(LEDGER),
          of(
                  "takes any signature of an entry",
                  GENUINE,
                  in("engine.space.BatchCheck", "wrong")
                      .calls("Signatures.verify", Instead.class, "anySignature"))
              .shownBy(74),
          of("takes any signature", GENUINE, in("engine.log.Signatures", "verify").answers(true))
              .shownBy(22)
              .or(LEDGER, ENVELOPES),
          of(
              "a deletion deletes nothing",
              NOTHING_LOST,
              in(FOLD, "body").with(Instead.KeepsTheBody.class)),
          of(
                  "the head that came last wins",
                  CONVERGENT,
                  in(STATE, "winner").with(Instead.LastToArriveWins.class))
              .or(NOTHING_LOST),
          of(
                  "keeps two heads at most",
                  NOTHING_LOST,
                  in(FOLD, "advance").with(Instead.TwoHeads.class))
              .shownBy(3, CARRIED)
              .or(REBUILDABLE),
          of(
                  "a concurrent write takes the place of all heads",
                  NOTHING_LOST,
                  in(FOLD, "advance").with(Instead.OneHead.class))
              .shownBy(3, CARRIED)
              .or(ATOMIC, REBUILDABLE),
          of(
                  "of what was written on nothing new, the first to arrive stays",
                  CONVERGENT,
                  in(FOLD, "replay").with(Instead.FirstToArriveStays.class))
              .or(NOTHING_LOST),
          of(
              "tells nobody of conflicts",
              NOTHING_LOST,
              in("engine.space.DocumentUpdate", "conflicts").doesNothing()),
          of(
                  "a version is named without its intent",
                  NOTHING_LOST,
                  in("engine.log.EntryCodec", "version", 3).with(Instead.WithoutIntent.class))
              .shownBy(11, Feature.DIVIDED),
          of("sends the last entry first", LIVE, in(SESSION, "batch").with(Instead.Backwards.class))
              .shownBy(2, DECLARED, FICKLE),
          of(
                  "skips what a peer lacks",
                  LIVE,
                  in("engine.session.PeerChains", "review").answersArgument(0))
              .shownBy(2, DECLARED, FICKLE),
          of(
              "says to have more than it has",
              OBLIGED,
              in("sync.peer.Gossip", "statement")
                  .calls("SpaceView.chains", Instead.class, "ahead")),
          of("passes no statement on", LIVE, in("sync.peer.Channel", "gossip").doesNothing()),
          of(
                  "takes an earlier statement for a later one",
                  OBLIGED,
                  in("engine.ledger.Statement$Age", "laterThan").answers(true))
              .or(BOUNDED),
          of(
                  "loses the keys of intents at a restart",
                  ONCE,
                  made("sync.storage.InMemoryJournal").with(Instead.WithoutKeys.class))
              .shownBy(76)
              .or(NOTHING_LOST),
          of(
                  "doesn't look whether an entry names the one before",
                  FORKS_SEEN,
                  in("engine.space.SpaceState", "place")
                      .calls("Hash.equals", Instead.class, "always"))
              .shownBy(19, READER)
              .or(LIVE),
          of(
                  "doesn't record again what was forked",
                  DURABLE,
                  in(RECORDING, "recordAgain").doesNothing())
              .shownBy(37),
          of(
                  "takes an entry before what it follows from",
                  CAUSAL,
                  in(RECEIVER, "receive").calls("SpaceState.met", Instead.class, "met"))
              .shownBy(26, DECLARED, FICKLE),
          of(
                  "takes entries of whoever is no member",
                  GENUINE,
                  in("engine.space.BatchCheck", "wrong").doesNothing(),
                  in(MEMBERSHIP, "role").with(Instead.EveryoneWrites.class))
              .shownBy(2, DECLARED, FICKLE),
          of(
                  "takes a reader's writes",
                  GENUINE,
                  in("engine.space.Recorder", "writes").answers(true))
              .shownBy(4, READER)
              .or(NOTHING_LOST),
          of(
                  "a void operation cuts off what was made on it",
                  NOTHING_LOST,
                  in("engine.document.DocumentFold$History", "standing")
                      .calls("Map.getOrDefault", Instead.class, "unfound"))
              .shownBy(13),
          of(
                  "what was deleted stays beside its deletion",
                  NOTHING_LOST,
                  in(FOLD, "advance").with(Instead.BesideItsDeletion.class))
              .or(REBUILDABLE),
          of(
              "a deletion wins against an edit",
              NOTHING_LOST,
              in("engine.document.DocumentState", "winner").with(Instead.DeletionWins.class)),
          of(
                  "goes on as it was on a restored storage",
                  FORKS_SEEN,
                  in("sync.identity.FiledIncarnations", "birth").with(Instead.AsItWas.class))
              .shownBy(26, DECLARED, FICKLE),
          of(
                  "goes on in the log where the restored storage ends",
                  FORKS_SEEN,
                  in("sync.storage.Birth", "startAbove").answersArgument(0))
              .shownBy(34, READER),
          of(
                  "doesn't hear what another life of it has said",
                  OBLIGED,
                  in("sync.peer.Gossip", "hearOfItself").doesNothing())
              .shownBy(26, DECLARED, FICKLE)
              .or(LIVE),
          of(
                  "lets a copy and its original take each other's place all the time",
                  BOUNDED,
                  in("sync.peer.Lane", "ended").leavesOut("End.onPurpose"))
              .shownBy(3, CARRIED),
          of(
              "gives up after three attempts",
              LIVE,
              in("sync.peer.Lane", "call", 0).with(Instead.GivesUp.class)),
          of("tells nobody of a force", LIVE, in(RECORDING, "onForced").doesNothing()),
          of(
              "clears nothing from the outbox when more is known",
              LIVE,
              in(LEDGER_CLASS, "onChange").doesNothing()),
          of(
                  "serves a damaged row",
                  SEEN_IS_DURABLE,
                  in("sync.storage.InMemoryJournal", "isWhole").answers(true))
              .shownBy(2, DECLARED, FICKLE)
              .or(LIVE),
          of(
                  "mends with whatever a peer sends",
                  SEEN_IS_DURABLE,
                  in("sync.storage.Mending", "wanted").calls("Map.get", Instead.class, "any"))
              .shownBy(57, CARRIED),
          of(
                  "asks no peer for what is damaged",
                  LIVE,
                  in(SESSION, "wanted", 2).calls("Set.add", Instead.class, "notAdded"))
              .shownBy(2, DECLARED, FICKLE),
          of(
                  "rebuilds no damaged document before it is written to",
                  LIVE,
                  in("sync.storage.Mending", "rebuild").doesNothing())
              .shownBy(2, DECLARED, FICKLE),
          of(
                  "ignores the definition that an operation names",
                  NOTHING_LOST,
                  in("engine.space.DocumentUpdate", "known")
                      .calls("Optional.orElse", Instead.class, "undeclared"))
              .shownBy(2, DECLARED, FICKLE),
          of(
                  "of definitions that meet the last to be taken counts",
                  NOTHING_LOST,
                  in("engine.document.Definition", "after").answers(true))
              .shownBy(98, DECLARED, FICKLE),
          of(
                  "decides by the labels that authors have now",
                  NOTHING_LOST,
                  made(MEMBERSHIP).with(Instead.NotesLabels.class),
                  in("engine.space.DocumentUpdate", "known").with(Instead.LabelsOfNow.class))
              .shownBy(158, DECLARED, FICKLE),
          of(
                  "takes the labels that an author claims",
                  NOTHING_LOST,
                  in(MEMBERSHIP, "labelled").answers(true))
              .shownBy(14, DECLARED, FICKLE, READER),
          of(
                  "lets a function decide on the winner alone",
                  FUNCTION,
                  in("sync.documents.DocumentService", "resolving")
                      .calls("DocumentState.headVersions", Instead.class, "winnerAlone"))
              .shownBy(14, DECLARED, FICKLE, READER)
              .or(LIVE),
          of(
                  "lets a function decide at every node",
                  FUNCTION,
                  in("engine.space.ResolverTurn", "of").answers(ConflictView.Turn.FIRST))
              .shownBy(50, DECLARED, FICKLE),
          of(
                  "lets a function decide at no node",
                  LIVE,
                  in("engine.space.ResolverTurn", "of").answers(ConflictView.Turn.OTHERS))
              .shownBy(14, DECLARED, FICKLE, READER),
          of(
                  "gives back what was not lost",
                  NOTHING_LOST,
                  in("engine.document.DocumentFold$History", "takingBack")
                      .calls("Objects.equals", Instead.class, "unlike"))
              .shownBy(25),
          of(
                  "a counter forgets what others added",
                  NOTHING_LOST,
                  in(MERGING, "number").with(Instead.ForgetsOthers.class))
              .shownBy(38, DECLARED, FICKLE),
          of(
                  "takes a received spend for covered",
                  DIVIDED,
                  in(RECEIVER, "append").calls("Holdings.judge", Instead.class, "covered"))
              .shownBy(5, Feature.DIVIDED),
          of(
                  "records what its share doesn't have",
                  DIVIDED,
                  in("engine.space.Recorder", "requireCovered").doesNothing())
              .shownBy(5, Feature.DIVIDED),
          of(
                  "a new life spends the share of the one before",
                  DIVIDED,
                  in("engine.space.Shares", "own").with(Instead.OfAllLives.class))
              .shownBy(23, Feature.DIVIDED),
          of("gives a number twice", DIVIDED, in("engine.space.Ranges", "remove").answers(true))
              .shownBy(71, Feature.DIVIDED),
          of(
                  "spends of a share without making it less",
                  DIVIDED,
                  in("engine.space.Shares", "take").leavesOut("Shares.add"))
              .shownBy(35, Feature.DIVIDED),
          of(
                  "counts what an earlier life of a member had",
                  LEDGER,
                  in(LEDGER_CLASS, "has").with(Instead.OfAnyLife.class))
              .shownBy(82, RETIRED),
          of(
                  "doesn't believe that a member has less than before",
                  LEDGER,
                  in(LEDGER_CLASS, "isNews").with(Instead.OnlyMore.class))
              .shownBy(19, READER)
              .or(LIVE),
          of(
              "counts itself among the other members",
              LEDGER,
              in(RECEIPTS, "others").with(Instead.ItselfToo.class)),
          of(
                  "waits for no member that may only read",
                  LEDGER,
                  in(RECEIPTS, "others").with(Instead.WithoutReaders.class))
              .shownBy(4, READER),
          of(
                  "waits for no member that has joined since the start",
                  LEDGER,
                  in(RECEIPTS, "others").with(Instead.AsAtFirst.class))
              .shownBy(5, Feature.DIVIDED),
          of(
              "takes what one has for what all have",
              LEDGER,
              in(MEMBERSHIP, "belonged").answers(false)),
          of("tells of nothing at risk", LEDGER, in(LEDGER_CLASS, "isAlone").answers(false)),
          of(
                  "doesn't owe again what a restored member has lost",
                  LEDGER,
                  in(RECORDING, "fallsBack").answers(false))
              .shownBy(52),
          of(
                  "sends what is urgent as if it were not",
                  PRIORITY,
                  in("engine.space.Urgency", "beyond").with(Instead.NothingIsUrgent.class))
              .shownBy(19, READER),
          of(
                  "what is urgent raises nothing that is before it",
                  PRIORITY,
                  in("engine.space.Urgency", "beyond").with(Instead.AloneIsUrgent.class))
              .shownBy(19, READER),
          of(
                  "a suspect clock decides as any other",
                  NOTHING_LOST,
                  in("engine.document.Merging$Lost", "standing")
                      .with(Instead.NothingIsDoubted.class))
              .shownBy(38, DECLARED, FICKLE),
          of(
                  "leaves out of envelopes what the other lacks",
                  ENVELOPES,
                  in("sync.envelope.Sealer", "put").doesNothing())
              .shownBy(27, CARRIED)
              .or(LEDGER),
          of(
                  "takes in an envelope whoever signed it",
                  ENVELOPES,
                  in("engine.envelope.Envelope", "isGenuine").answers(true))
              .shownBy(9, CARRIED, READER),
          of(
                  "says that an envelope is taken in before that is forced",
                  ENVELOPES,
                  in("sync.envelope.Envelopes$Opening", "step")
                      .calls("Received.stored", Instead.class, "atOnce"),
                  in("sync.envelope.Envelopes$Opening", "finish")
                      .calls("Recording.administer", Instead.class, "doneAtOnce"))
              .shownBy(27, CARRIED),
          of(
                  "a relay answers without a force of its database",
                  CUSTODY,
                  in("edge.database.Statements", "commit").leavesOut("EmbeddedDatabase.checkpoint"))
              .shownBy(1, RELAY, MAILBOXES),
          of(
                  "a relay signs before it has forced",
                  CUSTODY,
                  in(MAIL, "deposit").calls("MailboxStore.put", Instead.class, "allSignedAtOnce"))
              .shownBy(18, RELAY),
          of(
                  "a relay takes what a stranger brings",
                  CUSTODY,
                  in("edge.mailbox.Admission", "lets").answers(true))
              .shownBy(18, RELAY),
          of(
                  "takes for kept what a relay has lost",
                  LIVE,
                  in("sync.peer.CustodyMark", "emptied").with(Instead.StaysAsItIs.class))
              .shownBy(432, RELAY, TWO_RELAYS),
          of(
                  "a relay's receipt counts whichever life a member has begun",
                  LEDGER,
                  in("sync.relay.CustodyBook", "counts")
                      .calls("Objects.equals", Instead.class, "same"))
              .shownBy(36, RELAY),
          of(
                  "lets a relay drop what it has not forced",
                  CUSTODY,
                  in("sync.relay.Fetching", "openNext")
                      .calls("Envelopes.open", Instead.class, "openedAtOnce"))
              .shownBy(72, RELAY),
          of(
                  "takes all for kept once one envelope is",
                  LEDGER,
                  in("sync.relay.Bringing", "reached").answers(Long.MAX_VALUE))
              .shownBy(18, RELAY),
          of(
                  "a relay drops what another relay has a copy of",
                  CUSTODY,
                  in(SIBLING, "take").with(Instead.DropsWhatIsHeld.class))
              .shownBy(486, RELAY, TWO_RELAYS),
          of(
                  "a relay says to have what another passes before it has forced it",
                  CUSTODY,
                  in("edge.mailbox.Accepting", "passed")
                      .calls("MailboxStore.put", Instead.class, "signedAtOnce"))
              .shownBy(54, RELAY, TWO_RELAYS, READER),
          of(
                  "a relay takes again what it has",
                  CUSTODY,
                  in("edge.mailbox.InMemoryMailboxStore", "look", 1).with(Instead.WantsAll.class))
              .shownBy(486, RELAY, TWO_RELAYS),
          of(
                  "sends several what lacks who has the most",
                  LEDGER,
                  in("sync.envelope.Sealer", "least")
                      .calls("LongStream.min", Instead.class, "most"))
              .shownBy(36, RELAY),
          of(
                  "leaves out for several what only one of them has by the relay",
                  LEDGER,
                  in("sync.relay.Sharing$Spread", "with")
                      .calls("Math.min", Instead.class, "larger"))
              .shownBy(90, RELAY, DISMISSED),
          of(
                  "seals the key of a body to another",
                  PROTOCOL,
                  in("sync.envelope.Sealer", "share")
                      .calls("Member.key", Instead.class, "anothers"))
              .shownBy(18, RELAY),
          of(
                  "a relay drops a body with the first envelope that had it",
                  CUSTODY,
                  in("edge.mailbox.InMemoryMailboxStore$SharedBody", "envelopes").answers(1))
              .shownBy(18, RELAY)
              .or(LOG),
          of(
                  "waits for a member that is retired",
                  LEDGER,
                  in(RECEIPTS, "others").with(Instead.WithRetired.class))
              .shownBy(10, RETIRED),
          of(
                  "counts as safe what only a retired member has",
                  LEDGER,
                  in(LEDGER_CLASS, "isAlone").calls("Membership.active", Instead.class, "members"))
              .shownBy(10, RETIRED),
          of(
                  "drops what one that was retired wrote before it returned",
                  LIVE,
                  in(MEMBERSHIP, "role").with(Instead.NotOfRetired.class))
              .shownBy(10, RETIRED),
          of(
                  "an older retirement stands against a newer grant",
                  LEDGER,
                  in(MEMBERSHIP, "retire").calls("Rank.compareTo", Instead.class, "later"))
              .shownBy(10, RETIRED),
          of(
                  "owes one that counts again only what follows",
                  OBLIGED,
                  in(RECORDING, "countMore")
                      .calls("Membership.isActive", Instead.class, "isMember"))
              .shownBy(10, RETIRED),
          of(
                  "a dismissed relay's signature still counts",
                  LEDGER,
                  in("sync.relay.CustodyBook", "isByRelay").answers(true))
              .shownBy(90, RELAY, DISMISSED),
          of(
              "takes no concurrent writes for a conflict",
              NOTHING_LOST,
              in(STATE, "conflicted").answers(false)),
          of(
                  "tells nobody who has lost by a policy",
                  NOTHING_LOST,
                  in("engine.space.DocumentUpdate", "decided").doesNothing())
              .shownBy(2, DECLARED, FICKLE),
          of(
                  "takes a divided amount that several have changed for a conflict",
                  NOTHING_LOST,
                  in(STATE, "conflicted").with(Instead.DividedIsDisputed.class))
              .shownBy(29, Feature.DIVIDED, READER),
          of(
              "a conflict doesn't name what else its intents wrote",
              ATOMIC,
              in("sync.documents.OtherWrites", "of").with(Instead.NamesNothing.class)),
          of(
                  "loses what was deleted at a restart",
                  REBUILDABLE,
                  made("sync.storage.InMemoryJournal").with(Instead.WithoutTombstones.class))
              .shownBy(11, Feature.DIVIDED),
          of(
                  "says that the whole is lost where what it was lost to came later",
                  CONVERGENT,
                  in(FOLD, "replay").with(Instead.WholeIfLater.class))
              .shownBy(98, DECLARED, FICKLE),
          of(
              "shows what it has committed before that is forced",
              SEEN_IS_DURABLE,
              in(RECORDING, "durable").with(Instead.UpToTheEnd.class)),
          of(
                  "sends frames for which there is no room",
                  BOUNDED,
                  in("sync.peer.Channel", "send")
                      .calls("Outgoing.hasRoom", Instead.class, "hasAlways"))
              .shownBy(14, DECLARED, FICKLE, READER),
          of(
                  "answers before it has forced the redo log",
                  DURABLE,
                  in("sync.storage.RedoLog", "append").leavesOut("FileChannel.force"))
              .shownBy(1, DATABASE),
          of(
                  "begins the redo log again without a checkpoint",
                  DURABLE,
                  in("sync.storage.H2Journal", "checkpoint").leavesOut("Statements.checkpoint"))
              .shownBy(1, DATABASE),
          of(
                  "doesn't apply what the redo log has beyond the database",
                  DURABLE,
                  in("sync.storage.RedoLog", "forEachAfter").doesNothing())
              .shownBy(1, DATABASE),
          of(
                  "the guard doesn't force its journal",
                  DURABLE,
                  in("guard.Journal", "append").leavesOut("FileChannel.force"))
              .shownBy(1, DATABASE),
          of(
                  "the guard writes the database's file before its journal",
                  DURABLE,
                  in("guard.GuardChannel", "appendPending").with(Instead.WritesThrough.class))
              .shownBy(20, DATABASE),
          of(
                  "the guard forgets to force the database's file at a checkpoint",
                  DURABLE,
                  in("guard.GuardChannel", "forceData").doesNothing())
              .shownBy(1, DATABASE),
          of(
                  "undoes a group at the next start that was not answered to its end",
                  DURABLE,
                  in(RECORDING, "record").with(Instead.CountsWhenAnswered.class),
                  made("sync.storage.InMemoryJournal").with(Instead.UndoesAGroup.class))
              .shownBy(952),
          of(
                  "believes an incarnation file that is older than the storage",
                  ONCE,
                  in("sync.identity.FiledIncarnations", "birth")
                      .with(Instead.BelievesAnOlderFile.class),
                  in("sync.storage.Start", "recoverChains").with(Instead.UpToWhatIsBelieved.class))
              .shownBy(431, Feature.DIVIDED)
              .or(LIVE),
          of(
                  "a relay drops at its start what it has not signed for to the end",
                  CUSTODY,
                  in(MAIL, "deposit", 3).calls("MailboxStore.put", Instead.class, "putInAGroup"),
                  in(MAIL, "answer").with(Instead.SaysOfAGroup.class),
                  in(MAIL, "over").with(Instead.SaysNoMore.class),
                  in("edge.mailbox.MailboxService", "start").with(Instead.DropsGroups.class))
              .shownBy(4, RELAY, OLDER),
          of(
                  "asks for what is damaged whatever version its peer has named",
                  PROTOCOL,
                  in(SESSION, "greet").calls("Hello.greatestVersion", Instead.class, "newest"))
              .shownBy(7, Feature.DIVIDED, OLDER),
          of("the guard turns no bit back", DURABLE, in("guard.BlockSums", "turned").answers(-1))
              .shownBy(1, DATABASE),
          of(
                  "writes in a dead letter's place and settles nothing",
                  Invariant.SETTLED,
                  in(SETTLEMENTS, "replacing").with(Instead.SettlesNothing.class))
              .shownBy(1, Feature.SETTLED),
          of(
                  "lets a dead letter be settled again",
                  Invariant.SETTLED,
                  in(SETTLEMENTS, "settling", 2).with(Instead.WhateverIsThere.class))
              .shownBy(1, Feature.SETTLED),
          of(
                  "says that its own author has settled a dead letter",
                  Invariant.SETTLED,
                  in(SETTLEMENTS, "of").with(Instead.ByItsAuthor.class))
              .shownBy(1, Feature.SETTLED),
          of(
                  "a dead letter is dropped at one node alone",
                  REBUILDABLE,
                  in(RECEIVER, "append")
                      .calls("DocumentUpdate.apply", Instead.class, "unlessDropped"))
              .shownBy(1, Feature.SETTLED)
              .or(NOTHING_LOST, Invariant.SETTLED),
          of(
                  "sends nothing that follows on what has no effect",
                  LIVE,
                  in(SESSION, "vouched").with(Instead.NothingBehindADeadLetter.class))
              .shownBy(5, Feature.SETTLED),
          of(
                  "undoing what a policy decided gives nothing back",
                  NOTHING_LOST,
                  in("engine.document.DocumentFold$History", "undo")
                      .with(Instead.GivesNothingBack.class))
              .shownBy(5, DECLARED, FICKLE, UNDONE),
          of(
                  "what a policy decided and somebody took back counts as decided",
                  NOTHING_LOST,
                  in("engine.document.DecidedConflicts", "markUndone").doesNothing())
              .shownBy(2, DECLARED, FICKLE, UNDONE),
          of(
                  "under latest the earlier write stands",
                  NOTHING_LOST,
                  in(MERGING, "take", 1).with(Instead.FirstOfLatest.class))
              .shownBy(2, DECLARED, FICKLE)
              .or(CONVERGENT),
          of(
                  "of two writes of a field the earlier stands",
                  NOTHING_LOST,
                  in(MERGING, "take", 4).with(Instead.FirstOfAField.class))
              .shownBy(1, DECLARED, FICKLE),
          of(
                  "what is taken out of a set stays in it",
                  NOTHING_LOST,
                  in(MERGING, "items").with(Instead.TakesNothingOut.class))
              .shownBy(13, DECLARED, FICKLE),
          of(
                  "a maximum is what was written last",
                  NOTHING_LOST,
                  in("engine.document.Effects", "bounded").with(Instead.LastOfMaximum.class))
              .shownBy(5, DECLARED, FICKLE),
          of(
                  "a minimum is what was written last",
                  NOTHING_LOST,
                  in("engine.document.Effects", "bounded").with(Instead.LastOfMinimum.class))
              .shownBy(19, DECLARED, FICKLE));

  private PlantedFaults() {}

  /**
   * How a fault was caught.
   *
   * @param seeds that were run, the one included that showed it
   * @param by the invariant that broke and how, null where no seed showed it
   */
  record Catch(PlantedFault fault, long seeds, @Nullable String by, Duration took) {
    /** Whether what was said to be broken is what the fault breaks. */
    boolean isRight() {
      return by != null && fault.caughtBy().contains(Invariant.of(invariant(by)));
    }

    private static String invariant(String by) {
      return by.substring(0, by.indexOf(':'));
    }

    @Override
    public String toString() {
      return "| %s | %s | %s | %s |"
          .formatted(
              fault.name(),
              by == null ? "none of " + seeds : seeds,
              by == null
                  ? "**not caught**"
                  : isRight() ? invariant(by) : "**" + by + "**, not " + fault.caughtBy(),
              "%.1f s".formatted(took.toMillis() / 1e3));
    }
  }

  /**
   * Runs a fault from a seed on, in worlds such as show it, until it is caught.
   *
   * @param patience after which no further seed is begun
   */
  static Catch caught(PlantedFault fault, long firstSeed, int seeds, Duration patience) {
    return caught(fault, _ -> fault.features(), firstSeed, seeds, patience);
  }

  private static Catch caught(
      PlantedFault fault,
      LongFunction<Set<Feature>> features,
      long firstSeed,
      int seeds,
      Duration patience) {
    long began = System.nanoTime();
    var trial = new PlantedProduct(fault).trial(features);
    int run = 0;
    String by = null;
    try {
      while (by == null && run < seeds && System.nanoTime() - began < patience.toNanos()) {
        by = tried(trial, firstSeed + run++);
      }
    } catch (TimeoutException _) {
      // it goes round for ever, which no invariant has caught
    }
    return new Catch(fault, run, by, Duration.ofNanos(System.nanoTime() - began));
  }

  private static @Nullable String tried(LongFunction<@Nullable String> trial, long seed)
      throws TimeoutException {
    var said = new CompletableFuture<Optional<String>>();
    Thread.ofPlatform()
        .daemon()
        .name("seed " + seed)
        .start(
            () -> said.completeAsync(() -> Optional.ofNullable(trial.apply(seed)), Runnable::run));
    try {
      return said.get(LONGEST.toSeconds(), TimeUnit.SECONDS).orElse(null);
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException("seed " + seed + " of a planted fault", e);
    }
  }

  /** A seed's world as it is, and with this in any case. */
  private static LongFunction<Set<Feature>> worlds(Set<Feature> needs) {
    return seed -> {
      var features = new HashSet<>(Feature.of(seed));
      features.addAll(needs);
      return features;
    };
  }

  /**
   * Whether each of them is caught by an invariant that it breaks, and nothing by the same seeds
   * where nothing is planted; tells of each.
   */
  public static boolean allCaught(PrintStream out) {
    return allCaught(ALL, SEEDS, out);
  }

  static boolean allCaught(List<PlantedFault> faults, int atMost, PrintStream out) {
    faults.forEach(PlantedProduct::new);
    out.println("| what is planted | seeds until caught | by | took |");
    out.println("|---|---|---|---|");
    var seeds = new ArrayList<Long>();
    var most = new LinkedHashMap<Set<Feature>, Long>();
    var threads =
        Executors.newFixedThreadPool(
            Runtime.getRuntime().availableProcessors(), Thread.ofPlatform().daemon().factory());
    var running =
        faults.stream()
            .map(fault ->
                CompletableFuture.supplyAsync(
                    () -> caught(fault, worlds(fault.needs()), 1, atMost, PATIENCE), threads))
            .toList();
    for (var each : running) {
      var caught = each.join();
      out.println(caught);
      if (caught.isRight()) {
        seeds.add(caught.seeds());
        most.merge(caught.fault().needs(), caught.seeds(), Math::max);
      }
    }
    threads.shutdown();
    Collections.sort(seeds);
    String unsound = null;
    for (var ran : most.entrySet()) {
      if (unsound == null) {
        var worlds = worlds(ran.getKey());
        unsound = caught(NOTHING, worlds, 1, ran.getValue().intValue(), Duration.ofDays(1)).by();
      }
    }
    out.println();
    out.printf(
        "%d planted faults, %d caught, median after %d seeds, at most %d; nothing planted, %s in"
            + " these seeds%n",
        faults.size(),
        seeds.size(),
        seeds.isEmpty() ? 0 : seeds.get(seeds.size() / 2),
        seeds.isEmpty() ? 0 : seeds.getLast(),
        unsound == null ? "no violation" : unsound);
    return seeds.size() == faults.size() && unsound == null;
  }
}
