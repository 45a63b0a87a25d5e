package com.softadastra.runtime.documents;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.documents.CollectionDefinition;
import com.softadastra.contracts.documents.CollectionSummary;
import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.documents.FieldDefinition;
import com.softadastra.contracts.documents.FieldType;
import com.softadastra.contracts.documents.Policy;
import com.softadastra.contracts.documents.SpaceDigest;
import com.softadastra.contracts.documents.SpaceSummary;
import com.softadastra.contracts.http.Fields;
import com.softadastra.contracts.http.JsonBody;
import com.softadastra.contracts.http.MediaTypes;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonReader;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

/** Spaces and their collections. */
@RestController
@RequestMapping("/api/v1/spaces")
final class SpacesController {
  private static final Pattern LABEL = Pattern.compile("[a-z][a-z0-9-]{0,62}");
  private static final String[] UNSUPPORTED = {"schema", "schemaVersion", "indexes"};

  private final Documents documents;
  private final Limits limits;

  SpacesController(Documents documents, Limits limits) {
    this.documents = documents;
    this.limits = limits;
  }

  record SpaceList(List<SpaceSummary> spaces) {}

  record CollectionList(List<CollectionSummary> collections) {}

  @GetMapping
  ResponseEntity<SpaceList> spaces() {
    return json(HttpStatus.OK, new SpaceList(documents.spaces()));
  }

  @PutMapping("/{space}")
  ResponseEntity<SpaceSummary> open(@PathVariable String space, HttpServletRequest request)
      throws IOException {
    Names.space(space);
    byte[] body = JsonBody.bytes(request, limits.request());
    if (body.length > 0) {
      MediaTypes.requireJson(request);
      requireNoSettings(body);
    }
    var opened = documents.openSpace(space).orThrow();
    return json(opened.created() ? HttpStatus.CREATED : HttpStatus.OK, opened.space());
  }

  private static void requireNoSettings(byte[] body) {
    try {
      var settings = JsonReader.object(body).members().keySet();
      if (!settings.isEmpty()) {
        throw notSupported(settings.stream());
      }
    } catch (JsonReader.MalformedJson e) {
      throw new Refused(ProblemCode.MALFORMED_JSON, String.valueOf(e.getMessage()));
    }
  }

  @PutMapping("/{space}/collections/{collection}")
  ResponseEntity<CollectionSummary> declare(
      @PathVariable String space, @PathVariable String collection, HttpServletRequest request)
      throws IOException {
    Names.space(space);
    Names.collection(collection);
    MediaTypes.requireJson(request);
    var definition = definition(JsonBody.object(request, limits.request()));
    var declared = documents.declareCollection(space, collection, definition).orThrow();
    return json(declared.created() ? HttpStatus.CREATED : HttpStatus.OK, declared.collection());
  }

  static CollectionDefinition definition(Json.Obj body) {
    var fields =
        Fields.of(
            body,
            Stream.concat(
                    Stream.of("policy", "fields", "labels", "resolver"), Stream.of(UNSUPPORTED))
                .toArray(String[]::new));
    var refused = new ArrayList<>(Stream.of(UNSUPPORTED).filter(fields::has).toList());
    var policy = honoured(Policy.class, fields.optionalString("policy").orElse("keep"));
    if (policy.isEmpty()) {
      refused.add("policy");
    }
    var types = new TreeMap<String, FieldDefinition>();
    fields
        .optionalObject("fields")
        .ifPresent(declared ->
            declared
                .members()
                .forEach((name, field) -> {
                  if (!(field instanceof Json.Obj object)) {
                    throw Names.refused("fields." + name, "must be an object");
                  }
                  var type = Fields.at("fields." + name, object, "type").string("type");
                  honoured(FieldType.class, type)
                      .ifPresentOrElse(
                          known -> types.put(name, new FieldDefinition(known)),
                          () -> refused.add("fields." + name + ".type"));
                }));
    if (!types.isEmpty() && policy.isPresent() && policy.get() != Policy.MERGE) {
      refused.add("fields");
    }
    if (!refused.isEmpty()) {
      throw notSupported(refused.stream());
    }
    var resolver = fields.optionalString("resolver").map(name -> Names.name("resolver", name));
    return new CollectionDefinition(
        policy.orElseThrow(), types, labels(fields), resolver.orElse(null));
  }

  private static List<String> labels(Fields fields) {
    var labels = new LinkedHashSet<String>();
    for (var item : fields.optionalArray("labels").orElse(List.of())) {
      if (!(item instanceof Json.Str(var label))
          || !LABEL.matcher(label).matches()
          || !labels.add(label)) {
        throw Names.refused("labels", "must be labels, each once: " + LABEL);
      }
    }
    return List.copyOf(labels);
  }

  private static <E extends Enum<E>> Optional<E> honoured(Class<E> type, String name) {
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> Fields.wireName(constant).equals(name))
        .findFirst();
  }

  static Refused notSupported(Stream<String> settings) {
    return new Refused(
        new Problem(
            ProblemCode.NOT_SUPPORTED,
            "a setting that would be ignored is not taken",
            settings
                .limit(100)
                .map(name -> new Problem.FieldError(name, "is not honoured by this version"))
                .toList(),
            Map.of()));
  }

  @GetMapping("/{space}/collections")
  ResponseEntity<CollectionList> collections(@PathVariable String space) {
    return json(
        HttpStatus.OK, new CollectionList(documents.collections(Names.space(space)).orThrow()));
  }

  @GetMapping("/{space}/digest")
  ResponseEntity<SpaceDigest> digest(@PathVariable String space) {
    return json(HttpStatus.OK, documents.digest(Names.space(space)).orThrow());
  }

  /** An answer is JSON whatever the caller accepts. */
  static <T> ResponseEntity<T> json(HttpStatus status, T body) {
    return ResponseEntity.status(status).contentType(MediaType.APPLICATION_JSON).body(body);
  }
}
