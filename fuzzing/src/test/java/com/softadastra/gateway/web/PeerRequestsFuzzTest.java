package com.softadastra.gateway.web;

import static com.softadastra.fuzz.Bytes.hold;
import static com.softadastra.fuzz.Bytes.text;

import com.softadastra.contracts.Refused;
import com.softadastra.contracts.json.JsonReader;
import com.softadastra.contracts.json.JsonReader.MalformedJson;
import com.softadastra.fuzz.Bytes;
import com.softadastra.fuzz.Fuzzing;
import com.softadastra.fuzz.Mutator.Form;
import com.softadastra.fuzz.Target;
import com.softadastra.gateway.mesh.PeerAddress;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class PeerRequestsFuzzTest {
  @TestFactory
  Stream<DynamicTest> decoders() {
    return Fuzzing.of(
        Target.of(
                "invitation-request",
                Form.JSON,
                texts(
                    "{\"spaces\":[{\"space\":\"shop\",\"role\":\"reader\"},{\"space\":\"a-1\"}],"
                        + "\"expiresIn\":\"PT1H\",\"uses\":3}"),
                input -> PeerRequestBodies.invitation(JsonReader.object(input)))
            .refusingWith(Refused.class, MalformedJson.class)
            .allocating(1 << 20, 512)
            .checking((request, _) -> {
              hold(request.uses() >= 1 && request.uses() <= 1000, "uses out of bounds");
              hold(request.expiresIn().isPositive(), "expired already");
              hold(request.expiresIn().compareTo(Duration.ofDays(366)) <= 0, "for too long");
              hold(request.spaces().size() <= 100, "too many spaces");
            }),
        Target.of(
                "joining-request",
                Form.JSON,
                texts("{\"invitation\":\"sa1abc\",\"as\":\"shop\"}"),
                input -> PeerRequestBodies.joining(JsonReader.object(input)))
            .refusingWith(Refused.class, MalformedJson.class)
            .allocating(1 << 20, 512),
        Target.of(
                "link-request",
                Form.JSON,
                texts("{\"state\":\"off\"}", "{\"state\":\"on\",\"window\":null}"),
                input -> PeerRequestBodies.linkOn(JsonReader.object(input)))
            .refusingWith(Refused.class, MalformedJson.class)
            .allocating(1 << 20, 512),
        Target.of(
                "member-change",
                Form.JSON,
                texts("{\"role\":\"reader\",\"labels\":[\"till\",\"a-1\"]}", "{\"labels\":[]}"),
                input -> PeerRequestBodies.memberChange(JsonReader.object(input)))
            .refusingWith(Refused.class, MalformedJson.class)
            .allocating(1 << 20, 512)
            .checking((change, _) ->
                hold(change.labels() == null || change.labels().size() <= 16, "too many labels")),
        Target.of(
                "peer-address",
                Form.TEXT,
                texts("site.example:7600", "[2001:db8::1]:7600", "10.0.0.1", "[::1]"),
                input -> PeerAddress.parse(text(input), 7600))
            .refusingWith(IllegalArgumentException.class)
            .checking((address, _) ->
                hold(
                    PeerAddress.parse(address.toString(), 0).equals(address),
                    "reads as another address")));
  }

  private static List<byte[]> texts(String... texts) {
    return Stream.of(texts).map(Bytes::utf8).toList();
  }
}
