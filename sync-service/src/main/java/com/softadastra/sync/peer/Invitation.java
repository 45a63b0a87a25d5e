package com.softadastra.sync.peer;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.engine.cbor.CborReader;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.cbor.CborWriter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * What an invitation says: {@code sa1} and base64url of
 *
 * <pre>
 * [1, inviter: h'32', [* address: text], id: text, secret: h'16', expires: milliseconds, [* space name: text]]
 * </pre>
 *
 * Whoever holds it may join once per use; it names the inviter's key, so nobody else can answer it.
 */
record Invitation(
    NodeId inviter,
    List<String> addresses,
    String id,
    byte[] secret,
    long expiresMillis,
    List<String> spaces) {
  static final int SECRET_BYTES = 16;
  private static final String PREFIX = "sa1";
  private static final int TEXT_BYTES = 256;
  private static final int MANY = 64;

  String encode() {
    var out =
        new CborWriter(256)
            .array(7)
            .unsigned(1)
            .bytes(inviter.hash().bytes())
            .array(addresses.size());
    addresses.forEach(out::text);
    out.text(id).bytes(secret).unsigned(expiresMillis).array(spaces.size());
    spaces.forEach(out::text);
    return PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(out.toByteArray());
  }

  /**
   * @throws Refused {@code invitation-invalid} where the text is damaged
   */
  static Invitation decode(String text) {
    if (!text.startsWith(PREFIX)) {
      throw invalid("it does not begin with " + PREFIX);
    }
    try {
      var in =
          new CborReader(Base64.getUrlDecoder().decode(text.substring(PREFIX.length()).strip()));
      in.array(7, 7);
      if (in.unsigned() != 1) {
        throw invalid("it was made by a newer version");
      }
      var inviter = new NodeId(Hash.of(in.bytesExactly(Hash.BYTES)));
      var addresses = texts(in);
      var id = in.text(TEXT_BYTES);
      byte[] secret = in.bytesExactly(SECRET_BYTES);
      long expires = in.unsigned();
      var invitation = new Invitation(inviter, addresses, id, secret, expires, texts(in));
      in.end();
      // bits left over in the last digit would make a second text of it
      if (!invitation.encode().equals(text.strip())) {
        throw invalid("it is damaged");
      }
      return invitation;
    } catch (Malformed | IllegalArgumentException e) {
      throw invalid("it is damaged");
    }
  }

  static Refused invalid(String why) {
    return new Refused(
        Problem.of(ProblemCode.INVITATION_INVALID, "the invitation can't be used: " + why));
  }

  private static List<String> texts(CborReader in) {
    int count = in.array(0, MANY);
    var texts = new ArrayList<String>();
    for (int i = 0; i < count; i++) {
      texts.add(in.text(TEXT_BYTES));
    }
    return texts;
  }
}
