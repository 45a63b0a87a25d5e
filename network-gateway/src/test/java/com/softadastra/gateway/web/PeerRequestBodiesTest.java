package com.softadastra.gateway.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonReader;
import com.softadastra.contracts.peering.InvitationRequest;
import com.softadastra.contracts.peering.Role;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PeerRequestBodiesTest {
  @Test
  void invitationHasDefaults() {
    assertThat(PeerRequestBodies.invitation(json("{'spaces':[{'space':'shop'}]}")))
        .isEqualTo(
            new InvitationRequest(
                List.of(new InvitationRequest.SpaceGrant("shop", Role.WRITER)),
                Duration.ofHours(1),
                1));
  }

  @Test
  void invitationTakesWhatIsSaid() {
    assertThat(
            PeerRequestBodies.invitation(
                json(
                    "{'spaces':[{'space':'shop','role':'reader'},{'space':'b','role':'admin'}],"
                        + "'expiresIn':'P2D','uses':1000}")))
        .isEqualTo(
            new InvitationRequest(
                List.of(
                    new InvitationRequest.SpaceGrant("shop", Role.READER),
                    new InvitationRequest.SpaceGrant("b", Role.ADMIN)),
                Duration.ofDays(2),
                1000));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {}                                                | spaces
          {'spaces':[]}                                     | spaces
          {'spaces':{}}                                     | spaces
          {'spaces':[1]}                                    | spaces[0]
          {'spaces':[{}]}                                   | spaces[0].space
          {'spaces':[{'space':'Shop'}]}                     | spaces[0].space
          {'spaces':[{'space':7}]}                          | spaces[0].space
          {'spaces':[{'space':'a'},{'space':'a'}]}          | spaces[1].space
          {'spaces':[{'space':'a','role':'owner'}]}         | spaces[0].role
          {'spaces':[{'space':'a','rule':'x'}]}             | spaces[0].rule
          {'spaces':[{'space':'a'}],'expiresIn':'1h'}       | expiresIn
          {'spaces':[{'space':'a'}],'expiresIn':'PT0S'}     | expiresIn
          {'spaces':[{'space':'a'}],'expiresIn':'-PT1H'}    | expiresIn
          {'spaces':[{'space':'a'}],'expiresIn':'P367D'}    | expiresIn
          {'spaces':[{'space':'a'}],'expiresIn':3600}       | expiresIn
          {'spaces':[{'space':'a'}],'uses':0}               | uses
          {'spaces':[{'space':'a'}],'uses':1.5}             | uses
          {'spaces':[{'space':'a'}],'uses':1001}            | uses
          {'spaces':[{'space':'a'}],'name':'x'}             | name
          """)
  void wrongInvitationNamesTheField(String body, String field) {
    assertRefused(PeerRequestBodies::invitation, body, ProblemCode.INVALID_REQUEST, field);
  }

  @Test
  void relaysAreInvitedAndNotMadeOfMembers() {
    assertThat(
            PeerRequestBodies.invitation(json("{'spaces':[{'space':'a','role':'relay'}]}"))
                .spaces())
        .containsExactly(new InvitationRequest.SpaceGrant("a", Role.RELAY));
    assertRefused(
        PeerRequestBodies::memberChange, "{'role':'relay'}", ProblemCode.NOT_SUPPORTED, "role");
  }

  @Test
  void joiningTakesAnInvitationAndAName() {
    assertThat(PeerRequestBodies.joining(json("{'invitation':'sa1x'}")))
        .isEqualTo(new PeerRequestBodies.Joining("sa1x", null));
    assertThat(PeerRequestBodies.joining(json("{'invitation':'sa1x','as':'shop-2'}")))
        .isEqualTo(new PeerRequestBodies.Joining("sa1x", "shop-2"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {}                                | invitation
          {'invitation':1}                  | invitation
          {'invitation':'x','as':'A b'}     | as
          {'invitation':'x','space':'a'}    | space
          """)
  void wrongJoiningNamesTheField(String body, String field) {
    assertRefused(PeerRequestBodies::joining, body, ProblemCode.INVALID_REQUEST, field);
  }

  @Test
  void linkIsOnOrOff() {
    assertThat(PeerRequestBodies.linkOn(json("{'state':'on'}"))).isTrue();
    assertThat(PeerRequestBodies.linkOn(json("{'state':'off'}"))).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {}                                        | INVALID_REQUEST | state
          {'state':'ON'}                            | INVALID_REQUEST | state
          {'state':true}                            | INVALID_REQUEST | state
          {'state':'on','speed':1}                  | INVALID_REQUEST | speed
          {'state':'on','bytesPerSecond':1}         | NOT_SUPPORTED   | bytesPerSecond
          {'state':'on','bytesPerHour':1}           | NOT_SUPPORTED   | bytesPerHour
          {'state':'on','window':'22:00-06:00'}     | NOT_SUPPORTED   | window
          """)
  void wrongLinkNamesTheField(String body, ProblemCode code, String field) {
    assertRefused(PeerRequestBodies::linkOn, body, code, field);
  }

  private static void assertRefused(
      Function<Json.Obj, ?> reader, String body, ProblemCode code, String field) {
    var problem = catchThrowableOfType(Refused.class, () -> reader.apply(json(body))).problem();
    assertThat(problem.code()).isEqualTo(code);
    assertThat(problem.errors()).extracting(Problem.FieldError::field).containsExactly(field);
  }

  /** JSON with single quotes, which are easier to read here. */
  private static Json.Obj json(String text) {
    try {
      return JsonReader.object(text.replace('\'', '"').getBytes(UTF_8));
    } catch (JsonReader.MalformedJson e) {
      throw new AssertionError(e);
    }
  }
}
