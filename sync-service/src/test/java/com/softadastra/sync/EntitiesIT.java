package com.softadastra.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Incarnation;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.SpaceId;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.contracts.peering.Role;
import com.softadastra.disk.ModelDisk;
import com.softadastra.engine.log.Change;
import com.softadastra.engine.log.Entry;
import com.softadastra.engine.log.EntryCodec;
import com.softadastra.engine.log.Intent;
import com.softadastra.engine.log.Operation;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.engine.log.Signatures.Purpose;
import com.softadastra.engine.space.BatchCheck.Checked;
import com.softadastra.engine.space.Membership;
import com.softadastra.engine.space.MembershipRecord;
import com.softadastra.engine.space.ReceivedEntry;
import com.softadastra.guard.GuardSettings;
import com.softadastra.sync.documents.DocumentsConfiguration;
import com.softadastra.sync.documents.Settlements.Settlement;
import com.softadastra.sync.documents.SpaceDirectory;
import com.softadastra.sync.documents.SpaceNames;
import com.softadastra.sync.outbox.DeadLetters;
import com.softadastra.sync.outbox.DeadLetters.Listing;
import com.softadastra.sync.outbox.OutboxConfiguration;
import com.softadastra.sync.storage.Birth;
import com.softadastra.sync.storage.DamagedEntry;
import com.softadastra.sync.storage.RecordingSettings;
import com.softadastra.sync.storage.Storage;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** Spaces and dead letters as entities, beside the recording that makes their rows. */
class EntitiesIT {
  static final NodeKey SELF = key(1);
  private static final NodeKey OTHER = key(2);
  private static final Incarnation LIFE = Incarnation.of(new byte[Incarnation.BYTES]);

  private ModelDisk disk;
  private ConfigurableApplicationContext context;
  private Storage storage;
  private SpaceNames names;
  private DeadLetters deadLetters;

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @Import({DocumentsConfiguration.class, OutboxConfiguration.class})
  static class Node {
    @Bean(destroyMethod = "close")
    Storage storage() {
      return Storage.open(
          "entities:/db",
          SELF,
          found -> new Birth(found.map(each -> each.incarnation()).orElse(LIFE), 0),
          RecordingSettings.DEFAULT,
          GuardSettings.production(),
          InstantSource.system(),
          () -> Long.MAX_VALUE,
          (file, cause) -> {
            throw new AssertionError(file, cause);
          });
    }

    @Bean
    DataSource dataSource(Storage storage) {
      return storage.database().dataSource();
    }

    @Bean
    InstantSource clock() {
      return InstantSource.system();
    }

    @Bean
    SpaceNames names(Storage storage, SpaceDirectory directory, InstantSource clock) {
      return new SpaceNames(storage.recording(), directory, SELF, "self", clock);
    }
  }

  private static NodeKey key(int n) {
    var seed = new byte[NodeKey.SEED_BYTES];
    Arrays.fill(seed, (byte) n);
    return new NodeKey(seed);
  }

  @BeforeEach
  void start() {
    disk = ModelDisk.register("entities");
    open();
  }

  private void open() {
    context =
        new SpringApplicationBuilder(Node.class)
            .web(WebApplicationType.NONE)
            .properties("spring.jpa.hibernate.ddl-auto=none", "spring.main.banner-mode=off")
            .run();
    storage = context.getBean(Storage.class);
    names = context.getBean(SpaceNames.class);
    deadLetters = context.getBean(DeadLetters.class);
  }

  private void restart() {
    context.close();
    open();
  }

  @AfterEach
  void end() {
    context.close();
    disk.close();
  }

  private <T> T administer(Callable<T> work) {
    return storage.recording().administer(work).orTimeout(30, TimeUnit.SECONDS).join();
  }

  private static Membership membership(NodeKey creator, NodeKey writer) {
    var create =
        new MembershipRecord.Create(creator.publicKey(), "creator", "shop", 0, new byte[16]);
    var alone = new Membership(List.of(SpaceNames.sign(create, creator)));
    var grant = alone.grant(creator.nodeId(), writer.publicKey(), "writer", Role.WRITER, 0);
    return alone.with(List.of(SpaceNames.sign(grant, creator)));
  }

  @Test
  void namesOfSpacesAreKept() {
    administer(() -> names.open("shop"));
    var empty = names.id("shop");
    var joined = membership(OTHER, SELF);
    administer(() -> {
      names.join("shop", joined);
      return true;
    });
    var before = names.all();

    restart();

    assertThat(names.id("shop")).isEqualTo(joined.space());
    assertThat(names.name(empty)).hasValueSatisfying(name -> assertThat(name).contains("empty"));
    assertThat(names.all()).isEqualTo(before).hasSize(2);
  }

  @Test
  void aNameIsShownWhenItIsForced() {
    assertThat(administer(() -> names.open("shop") && names.find("shop").isEmpty())).isTrue();
    assertThat(names.find("shop")).isPresent();
    var id = names.id("shop");
    assertThat(administer(() -> names.open("shop"))).isFalse();
    var joined = membership(OTHER, SELF);
    assertThat(
            administer(() -> {
              names.join("shop", joined);
              names.join("shop", joined);
              return names.find("shop").filter(id::equals).isPresent()
                  && names.name(joined.space()).isEmpty();
            }))
        .isTrue();
    assertThat(names.name(joined.space())).contains("shop");
  }

  private void put(SpaceId space, String intent) {
    var put =
        new OperationRequest(
            OperationKind.PUT, "things", "a", new JsonText("{}"), null, Condition.ANY);
    storage
        .recording()
        .submit(space, new IntentRequest("shop", intent, null, Priority.NORMAL, List.of(put)))
        .join();
  }

  /** Entries of the other member under ids that this node has used. */
  private void receiveDuplicates(Membership membership, String... intents) {
    var entries = new ArrayList<ReceivedEntry>();
    var previous = Hash.ZERO;
    for (var id : intents) {
      var put =
          new Operation(
              "things", "b", List.of(), List.of(), new Change.Put(new JsonText("{\"n\":1}")));
      var intent = new Intent(id, null, Priority.NORMAL, null, List.of(put));
      var bytes =
          EntryCodec.encode(
              new Entry(
                  Entry.DATA,
                  membership.space(),
                  new Replica(OTHER.nodeId(), LIFE),
                  entries.size() + 1,
                  Long.MAX_VALUE >> 1,
                  previous,
                  List.of(),
                  membership.authority(OTHER.nodeId()).orElseThrow(),
                  EntryCodec.encode(intent),
                  intent));
      previous = Hash.sha256(bytes);
      entries.add(
          new ReceivedEntry(
              EntryCodec.decode(bytes), bytes, previous, OTHER.sign(Purpose.ENTRY, previous)));
    }
    assertThat(storage.recording().store(membership.space(), new Checked(entries, Map.of())).join())
        .isEmpty();
  }

  private void makeDeadLetters(String... intents) {
    var membership = membership(SELF, OTHER);
    administer(() -> {
      names.join("shop", membership);
      return true;
    });
    for (var intent : intents) {
      put(membership.space(), intent);
    }
    assertThat(deadLetters.newest(Listing.OPEN, 10).deadLetters()).isEmpty();
    receiveDuplicates(membership, intents);
  }

  @Test
  void aDamagedDeadLetterHidesNoOtherAndIsNoticed() throws Exception {
    makeDeadLetters("one", "two", "three");
    var two = deadLetters.newest(Listing.OPEN, 10).deadLetters().get(1);
    administer(() -> {
      try (var connection = storage.database().dataSource().getConnection();
          var statement = connection.createStatement()) {
        return statement.executeUpdate(
            "update wal set crc = crc + 1 where position = " + two.position());
      }
    });

    assertThat(deadLetters.newest(Listing.OPEN, 10).deadLetters())
        .extracting(DeadLetters.DeadLetter::intent)
        .containsExactly("three", "one");
    assertUnreadable(() -> deadLetters.drop(two.id(), "clerk"));
    // a group commit looks at what was noticed before it
    storage.recording().mend(names.id("shop"), List.of()).get();
    assertThat(storage.recording().damaged())
        .extracting(DamagedEntry::position)
        .containsExactly(two.position());
  }

  static void assertUnreadable(ThrowingCallable asked) {
    assertThatThrownBy(asked)
        .isInstanceOfSatisfying(
            Refused.class,
            refused -> assertThat(refused.problem().code()).isEqualTo(ProblemCode.UNREADABLE));
  }

  @Test
  void deadLettersAreListedUntilTheyAreDropped() {
    makeDeadLetters("one", "two", "three");

    var first = deadLetters.newest(Listing.OPEN, 2);
    assertThat(first.deadLetters())
        .extracting(DeadLetters.DeadLetter::intent)
        .containsExactly("three", "two");
    var rest = deadLetters.after(Listing.OPEN, Optional.ofNullable(first.next()).orElseThrow(), 2);
    assertThat(rest.next()).isNull();
    assertThat(rest.deadLetters())
        .singleElement()
        .satisfies(letter -> {
          assertThat(letter.intent()).isEqualTo("one");
          assertThat(letter.space()).isEqualTo("shop");
          assertThat(letter.node()).isEqualTo(OTHER.nodeId());
          assertThat(letter.reason()).contains("intent id");
          assertThat(letter.noticedAt()).isBeforeOrEqualTo(letter.recordedAt());
        });

    var two = first.deadLetters().getLast().id();
    assertThatThrownBy(() -> deadLetters.retry(two)).isInstanceOf(Refused.class);
    deadLetters.drop(two, "clerk");
    assertThatThrownBy(() -> deadLetters.drop(two, "clerk")).isInstanceOf(Refused.class);
    assertThatThrownBy(() -> deadLetters.drop("nonsense", null)).isInstanceOf(Refused.class);
    restart();

    assertThat(deadLetters.newest(Listing.OPEN, 10).deadLetters())
        .extracting(DeadLetters.DeadLetter::intent)
        .containsExactly("three", "one");
    assertThat(deadLetters.newest(Listing.SETTLED, 10).deadLetters())
        .singleElement()
        .satisfies(letter -> {
          assertThat(letter.intent()).isEqualTo("two");
          assertThat(letter.settled().settlement()).isEqualTo(Settlement.DROPPED);
          assertThat(letter.settled().actor()).isEqualTo("clerk");
          assertThat(letter.settled().node()).isEqualTo(SELF.nodeId());
        });
    // the entry itself stays
    assertThat(storage.readers().<Boolean>read(reader -> reader.entry(Long.parseLong(two)) != null))
        .isTrue();
  }
}
