package com.softadastra.simulation.planted;

import static com.softadastra.simulation.planted.Place.in;
import static com.softadastra.simulation.planted.Place.made;
import static com.softadastra.simulation.planted.PlantedFault.of;

import com.softadastra.contracts.documents.ConflictView;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Faults of the product that are put there on purpose, to see whether the judge catches them. A
 * campaign that doesn't proves nothing.
 */
public final class PlantedFaults {
  /** A fault that so many seeds don't show is not caught. */
  private static final int SEEDS = 500;

  private static final Duration PATIENCE = Duration.ofMinutes(8);

  /** The product as it is. */
  static final PlantedFault NOTHING = of("nothing", "nothing");

  private static final String RECORDING = "sync.storage.Recording";
  private static final String FOLD = "engine.document.DocumentFold";
  private static final String STATE = "engine.document.DocumentState";
  private static final String RECEIVER = "engine.space.Receiver";
  private static final String SESSION = "engine.session.Session";
  private static final String MEMBERSHIP = "engine.space.Membership";
  private static final String LEDGER = "sync.storage.Ledger";
  private static final String RECEIPTS = "sync.documents.Receipts";
  private static final String MAIL = "edge.mailbox.MailConnection";
  private static final String SIBLING = "edge.mailbox.SiblingConnection";

  static final List<PlantedFault> ALL =
      List.of(
          of(
              "answers without a force",
              "I1",
              in("sync.storage.Journal", "record").leavesOut("Journal.force")),
          of(
              "answers before it has committed",
              "I1",
              in(RECORDING, "decide", 3).with(Instead.AnswersAtOnce.class)),
          of(
              "forces every second time",
              "I1",
              in("sync.storage.Journal", "record")
                  .calls("Journal.force", Instead.class, "everySecond")),
          of(
                  "goes on after a failed force",
                  "I1",
                  in(RECORDING, "record").leavesOut("FailStop.stop"))
              .shownBy(2),
          of(
                  "tries a failed force again",
                  "I1",
                  in("sync.storage.Journal", "record")
                      .calls("Journal.force", Instead.class, "again"))
              .shownBy(2),
          of(
                  "uses a number again after a restart",
                  "I9",
                  in("sync.storage.Start", "recoverChains").with(Instead.ForgetsItsLastEntry.class))
              .shownBy(3),
          of(
                  "takes an intent for new that was recorded before",
                  "I3",
                  in(RECEIVER, "append").calls("Reads.intents", Instead.class, "nothing"))
              .shownBy(13),
          of(
                  "of two entries of one intent the first to arrive counts",
                  "I5",
                  in("engine.space.Revision", "settle")
                      .calls("Comparator.comparing", Instead.class, "byArrival"))
              .shownBy(13),
          of(
                  "doesn't write down that a duplicate lost its effect",
                  "I3",
                  in("sync.storage.Batch", "add").with(Instead.WithoutRestand.class))
              .shownBy(13),
          of(
              "writes on nothing, whatever is there",
              "parents",
              in("engine.space.Recorder$Target", "parents").with(Instead.OnNothing.class)),
          of(
              "applies half an intent",
              "I2",
              in("engine.space.DocumentUpdate", "apply")
                  .calls("Entry.operations", Instead.class, "half")),
          of("owes nothing", "I7", in(RECORDING, "owed").answers(false)),
          of(
                  "doesn't owe a new member what was there",
                  "I7",
                  in("sync.storage.Batch", "oweEverything").doesNothing())
              .shownBy(5),
          of(
              "owes to no member what one has",
              "I7",
              in(LEDGER, "owed").with(Instead.OneIsEnough.class)),
          of("takes any signature", "I8", in("engine.log.Signatures", "verify").answers(true))
              .shownBy(22),
          of("a deletion deletes nothing", "I6", in(FOLD, "body").with(Instead.KeepsTheBody.class)),
          of(
              "the head that came last wins",
              "I5",
              in(STATE, "winner").with(Instead.LastToArriveWins.class)),
          of("keeps two heads at most", "I6", in(FOLD, "advance").with(Instead.TwoHeads.class))
              .shownBy(3),
          of(
                  "a concurrent write takes the place of all heads",
                  "I6",
                  in(FOLD, "advance").with(Instead.OneHead.class))
              .shownBy(3),
          of(
              "of what was written on nothing new, the first to arrive stays",
              "I5",
              in(FOLD, "replay").with(Instead.FirstToArriveStays.class)),
          of(
              "tells nobody of conflicts",
              "I6",
              in("engine.space.DocumentUpdate", "conflicts").doesNothing()),
          of(
                  "a version is named without its intent",
                  "I6",
                  in("engine.log.EntryCodec", "version", 3).with(Instead.WithoutIntent.class))
              .shownBy(11),
          of(
                  "sends the last entry first",
                  "I11",
                  in(SESSION, "batch").with(Instead.Backwards.class))
              .shownBy(2),
          of(
                  "skips what a peer lacks",
                  "I11",
                  in("engine.session.PeerChains", "review").answersArgument(0))
              .shownBy(2),
          of(
              "says to have more than it has",
              "I7",
              in("sync.peer.Gossip", "statement")
                  .calls("SpaceView.chains", Instead.class, "ahead")),
          of("passes no statement on", "I11", in("sync.peer.Channel", "gossip").doesNothing()),
          of(
              "takes an earlier statement for a later one",
              "I7",
              in("engine.ledger.Statement$Age", "laterThan").answers(true)),
          of(
                  "loses the keys of intents at a restart",
                  "I3",
                  made("sync.storage.InMemoryJournal").with(Instead.WithoutKeys.class))
              .shownBy(76),
          of(
                  "doesn't look whether an entry names the one before",
                  "I9",
                  in("engine.space.SpaceState", "place")
                      .calls("Hash.equals", Instead.class, "always"))
              .shownBy(19),
          of(
                  "doesn't record again what was forked",
                  "I1",
                  in(RECORDING, "recordAgain").doesNothing())
              .shownBy(37),
          of(
                  "takes an entry before what it follows from",
                  "I4",
                  in(RECEIVER, "receive").calls("SpaceState.met", Instead.class, "met"))
              .shownBy(26),
          of(
                  "takes entries of whoever is no member",
                  "I8",
                  in("engine.space.BatchCheck", "wrong").doesNothing(),
                  in(MEMBERSHIP, "role").with(Instead.EveryoneWrites.class))
              .shownBy(2),
          of("takes a reader's writes", "I8", in("engine.space.Recorder", "writes").answers(true))
              .shownBy(4),
          of(
                  "a void operation cuts off what was made on it",
                  "I6",
                  in("engine.document.DocumentFold$History", "standing")
                      .calls("Map.getOrDefault", Instead.class, "unfound"))
              .shownBy(13),
          of(
              "what was deleted stays beside its deletion",
              "I6",
              in(FOLD, "advance").with(Instead.BesideItsDeletion.class)),
          of(
              "a deletion wins against an edit",
              "I6",
              in("engine.document.DocumentState", "winner").with(Instead.DeletionWins.class)),
          of(
                  "goes on as it was on a restored storage",
                  "I9",
                  in("sync.identity.FiledIncarnations", "birth").with(Instead.AsItWas.class))
              .shownBy(26),
          of(
                  "goes on in the log where the restored storage ends",
                  "I9",
                  in("sync.storage.Birth", "startAbove").answersArgument(0))
              .shownBy(34),
          of(
                  "doesn't hear what another life of it has said",
                  "I7",
                  in("sync.peer.Gossip", "hearOfItself").doesNothing())
              .shownBy(26),
          of(
                  "lets a copy and its original take each other's place all the time",
                  "I10",
                  in("sync.peer.Lane", "ended").leavesOut("End.onPurpose"))
              .shownBy(3),
          of(
              "gives up after three attempts",
              "I11",
              in("sync.peer.Lane", "call", 0).with(Instead.GivesUp.class)),
          of("tells nobody of a force", "I11", in(RECORDING, "onForced").doesNothing()),
          of(
              "clears nothing from the outbox when more is known",
              "I11",
              in(LEDGER, "onChange").doesNothing()),
          of(
                  "serves a damaged row",
                  "I13",
                  in("sync.storage.InMemoryJournal", "isWhole").answers(true))
              .shownBy(2),
          of(
                  "mends with whatever a peer sends",
                  "I13",
                  in("sync.storage.Mending", "wanted").calls("Map.get", Instead.class, "any"))
              .shownBy(57),
          of(
                  "asks no peer for what is damaged",
                  "I11",
                  in(SESSION, "wanted", 2).calls("Set.add", Instead.class, "notAdded"))
              .shownBy(2),
          of(
                  "rebuilds no damaged document before it is written to",
                  "I11",
                  in("sync.storage.Mending", "rebuild").doesNothing())
              .shownBy(2),
          of(
                  "ignores the definition that an operation names",
                  "I6",
                  in("engine.space.DocumentUpdate", "known")
                      .calls("Optional.orElse", Instead.class, "undeclared"))
              .shownBy(2),
          of(
                  "of definitions that meet the last to be taken counts",
                  "I6",
                  in("engine.document.Definition", "after").answers(true))
              .shownBy(98),
          of(
                  "decides by the labels that authors have now",
                  "I6",
                  made(MEMBERSHIP).with(Instead.NotesLabels.class),
                  in("engine.space.DocumentUpdate", "known").with(Instead.LabelsOfNow.class))
              .shownBy(158),
          of(
                  "takes the labels that an author claims",
                  "I6",
                  in(MEMBERSHIP, "labelled").answers(true))
              .shownBy(14),
          of(
                  "lets a function decide on the winner alone",
                  "function",
                  in("sync.documents.DocumentService", "resolving")
                      .calls("DocumentState.headVersions", Instead.class, "winnerAlone"))
              .shownBy(14),
          of(
                  "lets a function decide at every node",
                  "function",
                  in("engine.space.ResolverTurn", "of").answers(ConflictView.Turn.FIRST))
              .shownBy(50),
          of(
                  "lets a function decide at no node",
                  "I11",
                  in("engine.space.ResolverTurn", "of").answers(ConflictView.Turn.OTHERS))
              .shownBy(14),
          of(
                  "gives back what was not lost",
                  "I6",
                  in("engine.document.DocumentFold$History", "takingBack")
                      .calls("Objects.equals", Instead.class, "unlike"))
              .shownBy(25),
          of(
                  "a counter forgets what others added",
                  "I6",
                  in("engine.document.Merging", "number").with(Instead.ForgetsOthers.class))
              .shownBy(38),
          of(
                  "takes a received spend for covered",
                  "divided",
                  in(RECEIVER, "append").calls("Holdings.judge", Instead.class, "covered"))
              .shownBy(5),
          of(
                  "records what its share doesn't have",
                  "divided",
                  in("engine.space.Recorder", "requireCovered").doesNothing())
              .shownBy(5),
          of(
                  "a new life spends the share of the one before",
                  "divided",
                  in("engine.space.Shares", "own").with(Instead.OfAllLives.class))
              .shownBy(23),
          of("gives a number twice", "divided", in("engine.space.Ranges", "remove").answers(true))
              .shownBy(71),
          of(
                  "spends of a share without making it less",
                  "divided",
                  in("engine.space.Shares", "take").leavesOut("Shares.add"))
              .shownBy(35),
          of(
                  "counts what an earlier life of a member had",
                  "ledger",
                  in(LEDGER, "has").with(Instead.OfAnyLife.class))
              .shownBy(82),
          of(
                  "doesn't believe that a member has less than before",
                  "ledger",
                  in(LEDGER, "isNews").with(Instead.OnlyMore.class))
              .shownBy(19),
          of(
              "counts itself among the other members",
              "ledger",
              in(RECEIPTS, "others").with(Instead.ItselfToo.class)),
          of(
                  "waits for no member that may only read",
                  "ledger",
                  in(RECEIPTS, "others").with(Instead.WithoutReaders.class))
              .shownBy(4),
          of(
                  "waits for no member that has joined since the start",
                  "ledger",
                  in(RECEIPTS, "others").with(Instead.AsAtFirst.class))
              .shownBy(5),
          of(
              "takes what one has for what all have",
              "ledger",
              in(MEMBERSHIP, "belonged").answers(false)),
          of("tells of nothing at risk", "ledger", in(LEDGER, "isAlone").answers(false)),
          of(
                  "doesn't owe again what a restored member has lost",
                  "ledger",
                  in(RECORDING, "fallsBack").answers(false))
              .shownBy(52),
          of(
                  "sends what is urgent as if it were not",
                  "priority",
                  in("engine.space.Urgency", "beyond").with(Instead.NothingIsUrgent.class))
              .shownBy(19),
          of(
                  "what is urgent raises nothing that is before it",
                  "priority",
                  in("engine.space.Urgency", "beyond").with(Instead.AloneIsUrgent.class))
              .shownBy(19),
          of(
                  "a suspect clock decides as any other",
                  "I6",
                  in("engine.document.Merging$Lost", "standing")
                      .with(Instead.NothingIsDoubted.class))
              .shownBy(38),
          of(
                  "leaves out of envelopes what the other lacks",
                  "envelopes",
                  in("sync.envelope.Sealer", "put").doesNothing())
              .shownBy(27),
          of(
                  "takes in an envelope whoever signed it",
                  "envelopes",
                  in("engine.envelope.Envelope", "isGenuine").answers(true))
              .shownBy(9),
          of(
                  "says that an envelope is taken in before that is forced",
                  "envelopes",
                  in("sync.envelope.Envelopes$Opening", "step")
                      .calls("Received.stored", Instead.class, "atOnce"),
                  in("sync.envelope.Envelopes$Opening", "finish")
                      .calls("Recording.administer", Instead.class, "doneAtOnce"))
              .shownBy(27),
          of(
                  "a relay signs before it has forced",
                  "custody",
                  in(MAIL, "deposit").calls("MailboxStore.put", Instead.class, "allSignedAtOnce"))
              .shownBy(18),
          of(
                  "a relay takes what a stranger brings",
                  "custody",
                  in("edge.mailbox.Admission", "lets").answers(true))
              .shownBy(18),
          of(
                  "takes for kept what a relay has lost",
                  "I11",
                  in("sync.peer.CustodyMark", "emptied").with(Instead.StaysAsItIs.class))
              .shownBy(432),
          of(
                  "a relay's receipt counts whichever life a member has begun",
                  "ledger",
                  in("sync.relay.CustodyBook", "counts")
                      .calls("Objects.equals", Instead.class, "same"))
              .shownBy(36),
          of(
                  "lets a relay drop what it has not forced",
                  "custody",
                  in("sync.relay.Fetching", "openNext")
                      .calls("Envelopes.open", Instead.class, "openedAtOnce"))
              .shownBy(72),
          of(
                  "takes all for kept once one envelope is",
                  "ledger",
                  in("sync.relay.Bringing", "reached").answers(Long.MAX_VALUE))
              .shownBy(18),
          of(
                  "a relay drops what another relay has a copy of",
                  "custody",
                  in(SIBLING, "take").with(Instead.DropsWhatIsHeld.class))
              .shownBy(486),
          of(
                  "a relay says to have what another passes before it has forced it",
                  "custody",
                  in("edge.mailbox.Accepting", "passed")
                      .calls("MailboxStore.put", Instead.class, "signedAtOnce"))
              .shownBy(54),
          of(
                  "a relay takes again what it has",
                  "custody",
                  in("edge.mailbox.InMemoryMailboxStore", "look", 1).with(Instead.WantsAll.class))
              .shownBy(486),
          of(
                  "sends several what lacks who has the most",
                  "ledger",
                  in("sync.envelope.Sealer", "least")
                      .calls("LongStream.min", Instead.class, "most"))
              .shownBy(36),
          of(
                  "leaves out for several what only one of them has by the relay",
                  "ledger",
                  in("sync.relay.Sharing$Spread", "with")
                      .calls("Math.min", Instead.class, "larger"))
              .shownBy(90),
          of(
                  "seals the key of a body to another",
                  "protocol",
                  in("sync.envelope.Sealer", "share")
                      .calls("Member.key", Instead.class, "anothers"))
              .shownBy(18),
          of(
                  "a relay drops a body with the first envelope that had it",
                  "custody",
                  in("edge.mailbox.InMemoryMailboxStore$SharedBody", "envelopes").answers(1))
              .shownBy(18),
          of(
                  "waits for a member that is retired",
                  "ledger",
                  in(RECEIPTS, "others").with(Instead.WithRetired.class))
              .shownBy(10),
          of(
                  "counts as safe what only a retired member has",
                  "ledger",
                  in(LEDGER, "isAlone").calls("Membership.active", Instead.class, "members"))
              .shownBy(10),
          of(
                  "drops what one that was retired wrote before it returned",
                  "I11",
                  in(MEMBERSHIP, "role").with(Instead.NotOfRetired.class))
              .shownBy(10),
          of(
                  "an older retirement stands against a newer grant",
                  "ledger",
                  in(MEMBERSHIP, "retire").calls("Rank.compareTo", Instead.class, "later"))
              .shownBy(10),
          of(
                  "owes one that counts again only what follows",
                  "I7",
                  in(RECORDING, "countMore")
                      .calls("Membership.isActive", Instead.class, "isMember"))
              .shownBy(10),
          of(
                  "a dismissed relay's signature still counts",
                  "ledger",
                  in("sync.relay.CustodyBook", "isByRelay").answers(true))
              .shownBy(90));

  private PlantedFaults() {}

  /**
   * How a fault was caught.
   *
   * @param seeds that were run, the one included that showed it
   * @param by the invariant that broke and how, null where no seed showed it
   */
  record Catch(PlantedFault fault, long seeds, @Nullable String by, Duration took) {
    @Override
    public String toString() {
      return "| %s | %s | %s | %s |"
          .formatted(
              fault.name(),
              by == null ? "none of " + seeds : seeds,
              by == null ? "**not caught**" : by.substring(0, by.indexOf(':')),
              "%.1f s".formatted(took.toMillis() / 1e3));
    }
  }

  /**
   * Runs a fault from a seed on until it is caught.
   *
   * @param patience after which no further seed is begun
   */
  static Catch caught(PlantedFault fault, long firstSeed, int seeds, Duration patience) {
    long began = System.nanoTime();
    var trial = new PlantedProduct(fault).trial();
    int run = 0;
    String by = null;
    while (by == null && run < seeds && System.nanoTime() - began < patience.toNanos()) {
      by = trial.apply(firstSeed + run++);
    }
    return new Catch(fault, run, by, Duration.ofNanos(System.nanoTime() - began));
  }

  /**
   * Whether each of them is caught, and nothing by the same seeds where nothing is planted; tells
   * of each.
   */
  public static boolean allCaught(PrintStream out) {
    ALL.forEach(PlantedProduct::new);
    out.println("| what is planted | seeds until caught | by | took |");
    out.println("|---|---|---|---|");
    var seeds = new ArrayList<Long>();
    for (var fault : ALL) {
      var caught = caught(fault, 1, SEEDS, PATIENCE);
      out.println(caught);
      if (caught.by() != null) {
        seeds.add(caught.seeds());
      }
    }
    Collections.sort(seeds);
    long most = seeds.isEmpty() ? 0 : seeds.getLast();
    var sound = caught(NOTHING, 1, (int) most, Duration.ofDays(1));
    out.println();
    out.printf(
        "%d planted faults, %d caught, median after %d seeds, at most %d; nothing planted, %s in"
            + " these seeds%n",
        ALL.size(),
        seeds.size(),
        seeds.isEmpty() ? 0 : seeds.get(seeds.size() / 2),
        most,
        sound.by() == null ? "no violation" : sound.by());
    return seeds.size() == ALL.size() && sound.by() == null;
  }
}
