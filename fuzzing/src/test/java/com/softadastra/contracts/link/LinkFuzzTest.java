package com.softadastra.contracts.link;

import static com.softadastra.fuzz.Bytes.hold;
import static com.softadastra.fuzz.Bytes.text;
import static com.softadastra.fuzz.Bytes.utf8;

import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.Reply;
import com.softadastra.contracts.documents.Change;
import com.softadastra.contracts.documents.Condition;
import com.softadastra.contracts.documents.ConflictList;
import com.softadastra.contracts.documents.ConflictState;
import com.softadastra.contracts.documents.ConflictView;
import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.OperationKind;
import com.softadastra.contracts.documents.OperationRequest;
import com.softadastra.contracts.documents.PatchBody;
import com.softadastra.contracts.documents.Priority;
import com.softadastra.contracts.documents.ReceiptState;
import com.softadastra.contracts.peering.PeerView;
import com.softadastra.contracts.suite.Samples;
import com.softadastra.contracts.web.FieldLine;
import com.softadastra.contracts.web.ResponsePart;
import com.softadastra.contracts.web.WebReads;
import com.softadastra.contracts.web.WebRequest;
import com.softadastra.fuzz.Bytes;
import com.softadastra.fuzz.Fuzzing;
import com.softadastra.fuzz.Mutator.Form;
import com.softadastra.fuzz.Target;
import io.rsocket.exceptions.CustomRSocketException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.JacksonException;

class LinkFuzzTest {
  @TempDir Path folder;

  private static final IntentRequest INTENT =
      new IntentRequest(
          "shop",
          "i-1",
          null,
          Priority.NORMAL,
          List.of(
              new OperationRequest(
                  OperationKind.PUT,
                  "orders",
                  Samples.TEXT,
                  Samples.BODY,
                  null,
                  new Condition(Condition.Kind.BASE, List.of("1-a", "2-b"))),
              new OperationRequest(
                  OperationKind.PATCH,
                  "orders",
                  "o-2",
                  null,
                  new PatchBody(PatchBody.Notation.MERGE, Samples.BODY),
                  Condition.ANY)));

  private static final WebRequest READ =
      new WebRequest(
          "GET",
          "/cache/docs/a%20b",
          null,
          List.of(new FieldLine("Host", "localhost"), new FieldLine("Range", Samples.TEXT)),
          "HTTP/1.1",
          "http",
          "::1");

  @TestFactory
  Stream<DynamicTest> decoders() {
    return Fuzzing.of(
        arguments(Documents.class, "link-record", "record", INTENT),
        arguments(
            Documents.class,
            "link-await",
            "awaitReceipt",
            "shop",
            "i",
            ReceiptState.DELIVERED,
            Duration.ofHours(1)),
        value("link-receipt", Reply.of(Samples.RECEIPT), type("receipt")),
        value(
            "link-conflicts",
            Reply.of(new ConflictList(List.of(conflict()), null)),
            type("conflicts")),
        value("link-peer", Samples.PEER, PeerView.class),
        value("link-change", Samples.change(7), Change.class),
        arguments(WebReads.class, "link-read", "read", READ),
        part(),
        Target.of(
                "link-failure",
                Form.JSON,
                List.of(utf8(WireFailure.toWire(new Refused(Samples.PROBLEM)).getMessage())),
                input ->
                    WireFailure.fromWire("sync", new CustomRSocketException(0x301, text(input))))
            .allocating(1 << 20, 128)
            .checking((failure, _) ->
                hold(
                    failure instanceof LayerUnreachable
                        || failure instanceof Refused refused && refused.problem() != null,
                    "arrives as " + failure)),
        Target.of(
                "link-address",
                Form.TEXT,
                Stream.of("127.0.0.1:8081", "[::1]:0", "sync:65535").map(Bytes::utf8).toList(),
                input -> LinkAddress.parse(text(input)))
            .refusingWith(IllegalArgumentException.class)
            .checking((address, _) ->
                hold(
                    LinkAddress.parse(address.toString()).equals(address),
                    "reads as another address")),
        Target.of(
                "link-secret",
                Form.TEXT,
                List.of(utf8("0123456789".repeat(5) + "\n")),
                this::secret)
            .refusingWith(IllegalArgumentException.class, UncheckedIOException.class)
            .checking((secret, _) -> hold(!secret.isNone(), "no secret was taken for one")));
  }

  /** The arguments of a call, as a server reads them. */
  private static Target<Object[]> arguments(
      Class<?> contract, String name, String method, Object... values) {
    var forms =
        Arrays.stream(method(contract, method).getGenericParameterTypes())
            .map(WireForm::new)
            .toList();
    return Target.of(
            name,
            Form.CBOR,
            List.of(WireForm.writeAll(forms, Arrays.asList(values))),
            input -> WireForm.readAll(forms, input))
        .refusingWith(JacksonException.class)
        .allocating(1 << 20, 64)
        .checking((read, _) -> {
          byte[] written = WireForm.writeAll(forms, Arrays.asList(read));
          hold(
              Arrays.equals(read, WireForm.readAll(forms, written)),
              "is read back as something else");
        });
  }

  private static Target<Object> value(String name, Object value, Type type) {
    var form = new WireForm(type);
    return Target.of(name, Form.CBOR, List.of(form.write(value)), form::read)
        .refusingWith(JacksonException.class)
        .allocating(1 << 20, 64)
        .checking((read, _) -> {
          if (read != null) {
            hold(read.equals(form.read(form.write(read))), "is read back as something else");
          }
        });
  }

  /** A part of an answer, whose content is equal by its bytes alone. */
  private static Target<Object> part() {
    var form = new WireForm(ResponsePart.class);
    var head =
        new ResponsePart.Head(206, List.of(new FieldLine("ETag", Samples.TEXT)), Long.MAX_VALUE);
    return Target.of(
            "link-part",
            Form.CBOR,
            List.of(
                form.write(ResponsePart.of(head)),
                form.write(ResponsePart.of(Samples.bytes(300, 7)))),
            form::read)
        .refusingWith(JacksonException.class)
        .allocating(1 << 20, 64)
        .checking((read, _) -> {
          if (read != null) {
            byte[] written = form.write(read);
            hold(
                Arrays.equals(written, form.write(form.read(written))),
                "is read back as something else");
          }
        });
  }

  private static Type type(String method) {
    return method(Documents.class, method).getGenericReturnType();
  }

  private static java.lang.reflect.Method method(Class<?> contract, String name) {
    return Arrays.stream(contract.getMethods())
        .filter(method -> method.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static ConflictView conflict() {
    return new ConflictView(
        "c",
        "orders",
        "o-1",
        ConflictState.OPEN,
        "keep",
        "both",
        "1-a",
        new ConflictView.Ancestor("0", null),
        List.of(
            new ConflictView.Side(
                "1-a", Samples.BODY, Samples.NODE, null, Samples.CLOCK, false, "one", List.of())),
        Samples.CLOCK);
  }

  private LinkSecret secret(byte[] input) throws IOException {
    return LinkSecret.inFile(Files.write(folder.resolve("secret"), input));
  }
}
