package com.softadastra.engine.log;

import static com.softadastra.engine.Given.CLOCK;
import static com.softadastra.engine.Given.filled;
import static com.softadastra.engine.Given.hash;
import static com.softadastra.engine.Given.operation;
import static com.softadastra.engine.Given.put;
import static com.softadastra.engine.Given.replica;
import static com.softadastra.engine.Given.space;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.Dot;
import com.softadastra.contracts.Hash;
import com.softadastra.contracts.Replica;
import com.softadastra.contracts.documents.PatchBody.Notation;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.json.JsonText;
import com.softadastra.engine.Given;
import com.softadastra.engine.cbor.CborReader.Malformed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EntryCodecTest {
  private static final Replica AUTHOR = replica(1);

  @Test
  void readsWhatWasWritten() {
    for (long seed = 1; seed <= 500; seed++) {
      var entry = random(new Random(seed));
      byte[] bytes = EntryCodec.encode(entry);
      var read = EntryCodec.decode(bytes);
      assertThat(read).as("seed %d", seed).usingRecursiveComparison().isEqualTo(entry);
      assertThat(EntryCodec.encode(read)).as("seed %d", seed).isEqualTo(bytes);
      assertThat(EntryCodec.decodeKept(bytes)).usingRecursiveComparison().isEqualTo(read);
    }
  }

  @Test
  void alteredBytesAreMalformedOrOneFormOfAnotherEntry() {
    for (long seed = 1; seed <= 10_000; seed++) {
      var random = new Random(seed);
      byte[] bytes = altered(EntryCodec.encode(random(random)), random);
      Entry read;
      try {
        read = EntryCodec.decode(bytes);
      } catch (Malformed expected) {
        continue;
      } catch (Throwable e) {
        throw new AssertionError("seed " + seed, e);
      }
      assertThat(EntryCodec.encode(read)).as("seed %d", seed).isEqualTo(bytes);
      if (read.intent() != null) {
        assertThat(EntryCodec.encode(read.intent())).as("seed %d", seed).isEqualTo(read.payload());
      }
    }
  }

  @Test
  void refusesIntentsBeyondTheRules() {
    refused(intent("one document twice", operation("a", put("{}")), operation("a", put("{}"))));
    refused(intent("no operation"));
    refused(intent("no document", operation("", put("{}"))));
    refused(intent("long id", operation("a".repeat(Bounds.DOCUMENT_ID_BYTES + 1), put("{}"))));
    refused(intent("i".repeat(Bounds.INTENT_ID_BYTES + 1), operation("a", put("{}"))));
    refused(intent("not canonical", operation("a", put("{ }"))));
    refused(intent("unsorted members", operation("a", put("{\"b\":1,\"a\":1}"))));
    refused(intent("no object", operation("a", put("[]"))));
    var sorted = List.of(hash("a"), hash("b")).stream().sorted().toList();
    refused(intent("unsorted", operation("a", put("{}"), sorted.get(1), sorted.get(0))));
    refused(intent("twice", operation("a", put("{}"), sorted.get(1), sorted.get(1))));
  }

  @Test
  void refusesLabelsOutOfOrder() {
    for (var labels : List.of(List.of("b", "a"), List.of("a", "a"), List.of(""))) {
      var entry =
          Given.entry(
              space(1),
              AUTHOR,
              1,
              Hash.ZERO,
              List.of(),
              new Authority(1, 1, null, labels),
              Given.intent("i", operation("a", put("{}"))));
      byte[] bytes = EntryCodec.encode(entry);
      assertThatThrownBy(() -> EntryCodec.decode(bytes)).isInstanceOf(Malformed.class);
    }
  }

  @Test
  void refusesCausesOutOfOrderOrOfTheAuthor() {
    var others = List.of(replica(2), replica(3)).stream().sorted().toList();
    causes(others.get(0), others.get(1));
    assertThatThrownBy(() -> causes(others.get(1), others.get(0))).isInstanceOf(Malformed.class);
    assertThatThrownBy(() -> causes(others.get(0), others.get(0))).isInstanceOf(Malformed.class);
    assertThatThrownBy(() -> causes(AUTHOR)).isInstanceOf(Malformed.class);
  }

  private static void causes(Replica... replicas) {
    var causes = Arrays.stream(replicas).map(r -> new Cause(new Dot(r, 1), hash("cause"))).toList();
    EntryCodec.decode(
        EntryCodec.encode(entry(1, causes, Given.intent("i", operation("a", put("{}"))))));
  }

  private static Intent intent(String id, Operation... operations) {
    return Given.intent(id, operations);
  }

  private static void refused(Intent intent) {
    byte[] bytes = EntryCodec.encode(entry(1, List.of(), intent));
    assertThatThrownBy(() -> EntryCodec.decode(bytes))
        .as(intent.id())
        .isInstanceOf(Malformed.class);
  }

  private static Entry entry(long sequence, List<Cause> causes, Intent intent) {
    return Given.entry(
        space(1), AUTHOR, sequence, Hash.ZERO, causes, new Authority(1, 1, null), intent);
  }

  private static byte[] altered(byte[] bytes, Random random) {
    byte[] altered = bytes;
    for (int n = 1 + random.nextInt(3); n > 0; n--) {
      int at = random.nextInt(altered.length);
      switch (random.nextInt(5)) {
        case 0 -> altered = Arrays.copyOf(altered, Math.max(1, at));
        case 1 -> altered = Arrays.copyOf(altered, altered.length + 1 + random.nextInt(9));
        case 2 -> {
          byte[] huge = {(byte) (random.nextInt(8) << 5 | 27), 0, 0, 0, 0, 127, -1, -1, -1};
          System.arraycopy(huge, 0, altered, at, Math.min(huge.length, altered.length - at));
        }
        case 3 -> altered[at] ^= (byte) (1 << random.nextInt(8));
        default -> altered[at] = (byte) random.nextInt();
      }
    }
    return altered;
  }

  private static Entry random(Random random) {
    var causes = new ArrayList<Cause>();
    for (var replica : new TreeSet<>(List.of(replica(2), replica(3), replica(4)))) {
      if (random.nextBoolean()) {
        causes.add(new Cause(new Dot(replica, 1 + random.nextInt(100_000)), hash("c")));
      }
    }
    var authority =
        new Authority(
            random.nextInt(3),
            random.nextInt(400),
            random.nextBoolean() ? hash("g") : null,
            List.of(List.<String>of(), List.of("a"), List.of("a", "hq")).get(random.nextInt(3)));
    if (random.nextInt(8) == 0) {
      return new Entry(
          2 + random.nextInt(1000),
          space(1),
          AUTHOR,
          1 + random.nextInt(1000),
          CLOCK,
          hash("p"),
          causes,
          authority,
          filled(random.nextInt(50), 5),
          null);
    }
    var operations = new ArrayList<Operation>();
    int count = 1 + random.nextInt(4);
    for (int i = 0; i < count; i++) {
      operations.add(
          new Operation(
              "c" + random.nextInt(3),
              "d" + i,
              random.nextBoolean()
                  ? null
                  : new DefinitionName(1 + random.nextInt(1000), hash("d" + random.nextInt())),
              some(random),
              some(random),
              change(random)));
    }
    var intent =
        new Intent(
            "intent" + random.nextInt(),
            random.nextBoolean() ? "anna ü" : null,
            Priority.values()[random.nextInt(3)],
            random.nextBoolean() ? new Command("{}") : null,
            operations);
    return new Entry(
        Entry.DATA,
        space(1),
        AUTHOR,
        1 + random.nextInt(1000),
        random.nextLong() >>> 1,
        hash("p"),
        causes,
        authority,
        EntryCodec.encode(intent),
        intent);
  }

  private static List<Hash> some(Random random) {
    var some = new TreeSet<Hash>();
    for (int n = random.nextInt(4); n > 0; n--) {
      some.add(hash("v" + random.nextInt()));
    }
    return List.copyOf(some);
  }

  private static Change change(Random random) {
    return switch (random.nextInt(6)) {
      case 4 -> new Change.Difference(JsonText.parse("{\"set\":{\"/a\":1.0}}"), hash("of"));
      case 5 ->
          new Change.Undo(
              hash("conflict"),
              random.nextBoolean()
                  ? Change.DELETE
                  : Given.patch(Notation.FIELDS, "{\"unset\":[\"/a\"]}"));
      case 0 -> put("{\"a\":1e400,\"b\":\"\\ud800€\"}");
      case 1 -> Given.patch(Notation.MERGE, "{\"a\":null}");
      case 2 -> Given.patch(Notation.FIELDS, "{\"unset\":[\"/a/b\"]}");
      default -> Change.DELETE;
    };
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      nullValues = "NONE",
      value = {
        "{\"function\":\"pick\"} | pick",
        "{\"app\":\"a\",\"function\":\"pick\"} | pick",
        "{\"f\\u0075nction\":\"pick\"} | pick",
        "{\"function\":1} | NONE",
        "{\"name\":\"sell\"} | NONE",
        "no JSON: \"function\" | NONE"
      })
  void whichFunctionMadeAnIntentIsReadOnce(String text, @Nullable String function) {
    var command = new Command(text);
    assertThat(command.function()).isEqualTo(Optional.ofNullable(function));
    assertThat(command.function()).isSameAs(command.function());
  }
}
