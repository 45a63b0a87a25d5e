package com.softadastra.contracts.http;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.json.Json;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The members of a JSON object that has a documented form. What is unknown, missing or of another
 * type is refused with {@code invalid-request} and the path of the field. A member that is null
 * counts as absent.
 */
public final class Fields {
  private final String path;
  private final Json.Obj object;

  private Fields(String path, Json.Obj object) {
    this.path = path;
    this.object = object;
  }

  /**
   * @param known every member that the form has
   * @throws Refused with all members that are not known
   */
  public static Fields of(Json.Obj object, String... known) {
    return at("", object, known);
  }

  /**
   * The same for an object inside another.
   *
   * @param path where the object is, for example {@code operations[2]}
   */
  public static Fields at(String path, Json.Obj object, String... known) {
    var fields = new Fields(path, object);
    var names = Set.of(known);
    var unknown =
        object.members().keySet().stream()
            .filter(name -> !names.contains(name))
            .map(name -> new Problem.FieldError(fields.path(name), "is not a known field"))
            .toList();
    if (!unknown.isEmpty()) {
      throw new Refused(
          new Problem(
              ProblemCode.INVALID_REQUEST,
              "unknown: "
                  + unknown.stream()
                      .map(Problem.FieldError::field)
                      .limit(10)
                      .collect(Collectors.joining(", ")),
              unknown.stream().limit(100).toList(),
              Map.of()));
    }
    return fields;
  }

  /** Where a member is, seen from the body as a whole. */
  public String path(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  public boolean has(String name) {
    return value(name).isPresent();
  }

  /** The member, whatever it is. */
  public Optional<Json> value(String name) {
    return Optional.ofNullable(object.get(name)).filter(json -> !(json instanceof Json.Null));
  }

  public String string(String name) {
    return optionalString(name).orElseThrow(() -> missing(name));
  }

  /** Text without surrogates on their own, which no answer in UTF-8 could repeat. */
  public Optional<String> optionalString(String name) {
    return value(name)
        .map(json -> {
          if (!(json instanceof Json.Str(var text))) {
            throw wrong(name, "must be a string");
          }
          if (!isUnicode(text)) {
            throw wrong(name, "must be Unicode text");
          }
          return text;
        });
  }

  public Json.Obj object(String name) {
    return optionalObject(name).orElseThrow(() -> missing(name));
  }

  public Optional<Json.Obj> optionalObject(String name) {
    return value(name)
        .map(json -> {
          if (json instanceof Json.Obj member) {
            return member;
          }
          throw wrong(name, "must be an object");
        });
  }

  public List<Json> array(String name) {
    return optionalArray(name).orElseThrow(() -> missing(name));
  }

  public Optional<List<Json>> optionalArray(String name) {
    return value(name)
        .map(json -> {
          if (json instanceof Json.Arr(var items)) {
            return items;
          }
          throw wrong(name, "must be an array");
        });
  }

  public boolean optionalFlag(String name) {
    return value(name)
        .map(json -> {
          if (json instanceof Json.Bool(var flag)) {
            return flag;
          }
          throw wrong(name, "must be true or false");
        })
        .orElse(false);
  }

  /** A number without fraction and exponent, between the bounds and they included. */
  public OptionalLong optionalInteger(String name, long least, long most) {
    var json = value(name);
    if (json.isEmpty()) {
      return OptionalLong.empty();
    }
    if (json.get() instanceof Json.Num(var text)) {
      try {
        long number = Long.parseLong(text);
        if (number >= least && number <= most) {
          return OptionalLong.of(number);
        }
      } catch (NumberFormatException _) {
        // It has a fraction or an exponent, or is beyond 64 bits: refused below.
      }
    }
    throw wrong(name, "must be an integer from " + least + " to " + most);
  }

  /** A constant by its name on the wire: lower case with hyphens. */
  public <E extends Enum<E>> Optional<E> optionalEnum(String name, Class<E> type) {
    return optionalString(name)
        .map(text ->
            Arrays.stream(type.getEnumConstants())
                .filter(constant -> wireName(constant).equals(text))
                .findFirst()
                .orElseThrow(() -> wrong(name, "must be one of " + wireNames(type))));
  }

  public static String wireName(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static String wireNames(Class<? extends Enum<?>> type) {
    return Arrays.stream(type.getEnumConstants())
        .map(Fields::wireName)
        .collect(Collectors.joining(", "));
  }

  /** The refusal of a member for a reason of the caller's. */
  public Refused wrong(String name, String message) {
    return new Refused(Problem.ofField(ProblemCode.INVALID_REQUEST, path(name), message));
  }

  private Refused missing(String name) {
    return wrong(name, "is missing");
  }

  /** Whether every surrogate has its partner, so that UTF-8 can carry the text. */
  public static boolean isUnicode(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        return false;
      }
    }
    return true;
  }
}
