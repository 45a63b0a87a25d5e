package com.softadastra.sync.peer;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.mail.RelayDuty;
import com.softadastra.engine.cbor.CborReader;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.cbor.CborWriter;
import com.softadastra.engine.log.Signatures;
import com.softadastra.engine.space.SignedRecord;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The one request and answer by which two nodes pair, over TLS that has proved both keys.
 *
 * <pre>
 * request = [1, invitation id, proof: h'32', key: h'32', name, [* address]]
 * answer  = [1, 0, name, [* address], [* [space name, [* [record, signature]]]], ? duties] / [1, 1, code, detail]
 * duties  = [1* [pseudonym: h'32', passage key: h'32']]      ; of a joiner that becomes a relay
 * proof   = HMAC-SHA256(secret, "softadastra.pairing.1", inviter, joiner)
 * </pre>
 */
final class PairingMessages {
  private static final int TEXT_BYTES = 1024;
  private static final int MANY = 4096;

  private PairingMessages() {}

  record Request(String invitation, byte[] proof, byte[] key, String name, List<String> addresses) {
    byte[] encode() {
      var out =
          new CborWriter(256)
              .array(6)
              .unsigned(1)
              .text(invitation)
              .bytes(proof)
              .bytes(key)
              .text(name);
      texts(addresses, out);
      return out.toByteArray();
    }

    static Request decode(byte[] bytes) {
      var in = new CborReader(bytes);
      in.array(6, 6);
      version(in);
      var request =
          new Request(
              in.text(TEXT_BYTES),
              in.bytesExactly(32),
              in.bytesExactly(Signatures.KEY_BYTES),
              in.text(TEXT_BYTES),
              list(in, () -> in.text(TEXT_BYTES)));
      in.end();
      return request;
    }
  }

  /** What the inviter answers. */
  sealed interface Answer {
    record Welcome(
        String name, List<String> addresses, List<SharedSpace> spaces, List<RelayDuty> duties)
        implements Answer {}

    record Rejected(ProblemCode code, String detail) implements Answer {}

    default byte[] encode() {
      var out = new CborWriter(1024);
      switch (this) {
        case Welcome(var name, var addresses, var spaces, var duties) -> {
          out.array(duties.isEmpty() ? 5 : 6).unsigned(1).unsigned(0).text(name);
          texts(addresses, out);
          out.array(spaces.size());
          for (var space : spaces) {
            out.array(2).text(space.name()).array(space.records().size());
            space
                .records()
                .forEach(record -> out.array(2).bytes(record.bytes()).bytes(record.signature()));
          }
          if (!duties.isEmpty()) {
            out.array(duties.size());
            duties.forEach(
                duty -> out.array(2).bytes(duty.pseudonym().bytes()).bytes(duty.passageKey()));
          }
        }
        case Rejected(var code, var detail) ->
            out.array(4).unsigned(1).unsigned(1).text(code.slug()).text(detail);
      }
      return out.toByteArray();
    }

    static Answer decode(byte[] bytes) {
      var in = new CborReader(bytes);
      int items = in.array(4, 6);
      version(in);
      int kind = in.unsigned(1);
      if (kind == 0 ? items < 5 : items != 4) {
        throw new Malformed("an answer of " + items + " items");
      }
      Answer answer =
          kind == 0
              ? new Welcome(
                  in.text(TEXT_BYTES),
                  list(in, () -> in.text(TEXT_BYTES)),
                  list(in, () -> space(in)),
                  items == 6 ? list(in, 1, () -> duty(in)) : List.of())
              : new Rejected(code(in), in.text(TEXT_BYTES));
      in.end();
      return answer;
    }
  }

  /** A space with the membership that now holds the joiner. */
  record SharedSpace(String name, List<SignedRecord> records) {}

  static byte[] proof(byte[] secret, NodeId inviter, NodeId joiner) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret, "HmacSHA256"));
      mac.update("softadastra.pairing.1".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      mac.update(inviter.hash().bytes());
      mac.update(joiner.hash().bytes());
      return mac.doFinal();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HmacSHA256", e);
    }
  }

  private static SharedSpace space(CborReader in) {
    in.array(2, 2);
    return new SharedSpace(
        in.text(TEXT_BYTES),
        list(
            in,
            () -> {
              in.array(2, 2);
              return new SignedRecord(in.bytes(8192), in.bytesExactly(Signatures.BYTES));
            }));
  }

  private static RelayDuty duty(CborReader in) {
    in.array(2, 2);
    return new RelayDuty(
        Hash.of(in.bytesExactly(Hash.BYTES)), in.bytesExactly(Signatures.KEY_BYTES));
  }

  private static ProblemCode code(CborReader in) {
    String slug = in.text(TEXT_BYTES);
    return Arrays.stream(ProblemCode.values())
        .filter(code -> code.slug().equals(slug))
        .findFirst()
        .orElseThrow(() -> new Malformed("a refusal with an unknown code"));
  }

  private static void version(CborReader in) {
    if (in.unsigned() != 1) {
      throw new Malformed("another version of pairing");
    }
  }

  private static void texts(List<String> texts, CborWriter out) {
    out.array(texts.size());
    texts.forEach(out::text);
  }

  private static <T> List<T> list(CborReader in, Supplier<T> item) {
    return list(in, 0, item);
  }

  private static <T> List<T> list(CborReader in, int least, Supplier<T> item) {
    int count = in.array(least, MANY);
    var items = new ArrayList<T>();
    for (int i = 0; i < count; i++) {
      items.add(item.get());
    }
    return items;
  }
}
