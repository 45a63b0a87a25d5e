package com.softadastra.sync.peer;

import static com.softadastra.fuzz.Bytes.hold;
import static com.softadastra.fuzz.Bytes.text;
import static com.softadastra.fuzz.Bytes.utf8;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.mail.RelayDuty;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.log.Signatures;
import com.softadastra.engine.space.SignedRecord;
import com.softadastra.fuzz.Fuzzing;
import com.softadastra.fuzz.Mutator;
import com.softadastra.fuzz.Mutator.Form;
import com.softadastra.fuzz.Target;
import com.softadastra.sync.peer.PairingMessages.Answer;
import com.softadastra.sync.peer.PairingMessages.Request;
import com.softadastra.sync.peer.PairingMessages.SharedSpace;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class PairingFuzzTest {
  private static final Invitation INVITATION =
      new Invitation(
          new NodeId(Hash.ZERO),
          List.of("site.example:7600", "[::1]:7600"),
          "i-1",
          new byte[Invitation.SECRET_BYTES],
          1_800_000_000_000L,
          List.of("shop", "stock"));

  @TestFactory
  Stream<DynamicTest> decoders() {
    return Fuzzing.of(
        Target.of(
                "pairing-request",
                Form.CBOR,
                List.of(
                    new Request("i-1", new byte[32], new byte[32], "till", List.of("a:1", "b:2"))
                        .encode()),
                Request::decode)
            .refusingWith(Malformed.class)
            .canonical(Request::encode),
        Target.of("pairing-answer", Form.CBOR, answers(), Answer::decode)
            .refusingWith(Malformed.class)
            .canonical(Answer::encode),
        Target.of(
                "invitation",
                Form.TEXT,
                List.of(utf8(INVITATION.encode())),
                input -> Invitation.decode(text(input)))
            .refusingWith(Refused.class)
            .generating(PairingFuzzTest::packed)
            .checking((invitation, input) -> {
              var again = Invitation.decode(invitation.encode());
              hold(again.encode().equals(invitation.encode()), "means something else again");
              hold(invitation.encode().equals(text(input).strip()), "has two forms");
            }));
  }

  private static List<byte[]> answers() {
    var records = List.of(new SignedRecord(new byte[100], new byte[64]));
    return List.of(
        new Answer.Welcome(
                "till", List.of("a:1"), List.of(new SharedSpace("shop", records)), List.of())
            .encode(),
        new Answer.Welcome(
                "till",
                List.of(),
                List.of(),
                List.of(new RelayDuty(Hash.ZERO, new byte[Signatures.KEY_BYTES])))
            .encode(),
        new Answer.Welcome("", List.of(), List.of(), List.of()).encode(),
        new Answer.Rejected(ProblemCode.INVITATION_INVALID, "it is used up").encode());
  }

  /** Damage underneath the base 64. */
  private static byte[] packed(Mutator mutator) {
    byte[] inner = Base64.getUrlDecoder().decode(INVITATION.encode().substring(3));
    return utf8(
        "sa1"
            + Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(mutator.mutate(Form.CBOR, inner)));
  }
}
