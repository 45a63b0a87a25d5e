package com.softadastra.gateway.web;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.http.Fields;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.peering.InvitationRequest;
import com.softadastra.contracts.peering.InvitationRequest.SpaceGrant;
import com.softadastra.contracts.peering.MemberChange;
import com.softadastra.contracts.peering.Role;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The documented forms of the bodies. What is settled later is refused, never ignored. */
final class PeerRequestBodies {
  private static final Pattern SPACE = Pattern.compile("[a-z][a-z0-9-]{0,62}");
  private static final Pattern LABEL = Pattern.compile("[a-z][a-z0-9-]{0,62}");
  private static final int MOST_LABELS = 16;
  private static final Duration DEFAULT_EXPIRY = Duration.ofHours(1);
  private static final Duration LONGEST_EXPIRY = Duration.ofDays(366);
  private static final int MOST_SPACES = 100;
  private static final int MOST_USES = 1_000;

  /**
   * @param as the local name for the space; null for the one that the inviter uses
   */
  record Joining(String invitation, @Nullable String as) {}

  private PeerRequestBodies() {}

  static InvitationRequest invitation(Json.Obj body) {
    var fields = Fields.of(body, "spaces", "expiresIn", "uses");
    var spaces = fields.array("spaces");
    if (spaces.isEmpty() || spaces.size() > MOST_SPACES) {
      throw fields.wrong("spaces", "must name 1 to " + MOST_SPACES + " spaces");
    }
    return new InvitationRequest(
        grants(fields, spaces),
        fields.optionalString("expiresIn").map(text -> expiry(fields, text)).orElse(DEFAULT_EXPIRY),
        (int) fields.optionalInteger("uses", 1, MOST_USES).orElse(1));
  }

  private static List<SpaceGrant> grants(Fields fields, List<Json> spaces) {
    var grants = new ArrayList<SpaceGrant>();
    var named = new HashSet<String>();
    for (int i = 0; i < spaces.size(); i++) {
      var at = "spaces[" + i + "]";
      if (!(spaces.get(i) instanceof Json.Obj object)) {
        throw fields.wrong(at, "must be an object");
      }
      var grant = Fields.at(at, object, "space", "role");
      var space = spaceName(grant, "space", grant.string("space"));
      if (!named.add(space)) {
        throw grant.wrong("space", "is named twice");
      }
      grants.add(new SpaceGrant(space, grant.optionalEnum("role", Role.class).orElse(Role.WRITER)));
    }
    return grants;
  }

  private static Duration expiry(Fields fields, String text) {
    try {
      var expiry = Duration.parse(text);
      if (expiry.isPositive() && expiry.compareTo(LONGEST_EXPIRY) <= 0) {
        return expiry;
      }
    } catch (DateTimeParseException _) {
      // Refused below, with the durations that are none or too long.
    }
    throw fields.wrong("expiresIn", "must be a duration as PT1H, at most P366D");
  }

  static Joining joining(Json.Obj body) {
    var fields = Fields.of(body, "invitation", "as");
    return new Joining(
        fields.string("invitation"),
        fields.optionalString("as").map(name -> spaceName(fields, "as", name)).orElse(null));
  }

  private static String spaceName(Fields fields, String field, String name) {
    if (!SPACE.matcher(name).matches()) {
      throw fields.wrong(field, "must be a space's name: " + SPACE);
    }
    return name;
  }

  /** Whether the link is to be on. */
  static boolean linkOn(Json.Obj body) {
    var fields = Fields.of(body, "state", "bytesPerSecond", "bytesPerHour", "window");
    for (var budget : List.of("bytesPerSecond", "bytesPerHour", "window")) {
      if (fields.has(budget)) {
        throw notSupported(budget, "budgets of links are not supported by this version");
      }
    }
    return switch (fields.string("state")) {
      case "on" -> true;
      case "off" -> false;
      case String _ -> throw fields.wrong("state", "must be one of on, off");
    };
  }

  /** What a member is to be; what isn't named stays. */
  static MemberChange memberChange(Json.Obj body) {
    var fields = Fields.of(body, "role", "labels");
    if (fields.optionalString("role").filter("relay"::equals).isPresent()) {
      throw notSupported("role", "a node becomes a relay by an invitation, and no member can");
    }
    return new MemberChange(
        fields.optionalEnum("role", Role.class).orElse(null),
        fields.optionalArray("labels").map(labels -> labels(fields, labels)).orElse(null));
  }

  private static List<String> labels(Fields fields, List<Json> items) {
    if (items.size() > MOST_LABELS) {
      throw fields.wrong("labels", "must be at most " + MOST_LABELS);
    }
    var labels = new ArrayList<String>();
    for (var item : items) {
      if (!(item instanceof Json.Str(var label))
          || !LABEL.matcher(label).matches()
          || labels.contains(label)) {
        throw fields.wrong("labels", "must be labels, each once: " + LABEL);
      }
      labels.add(label);
    }
    return labels;
  }

  private static Refused notSupported(String field, String message) {
    return new Refused(Problem.ofField(ProblemCode.NOT_SUPPORTED, field, message));
  }
}
