package com.softadastra.edge.forward.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.edge.forward.Forward;
import com.softadastra.edge.forward.ForwardState;
import com.softadastra.edge.forward.Forwards;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** What became of requests that were kept. */
@RestController
@RequestMapping("/api/v1/forwards")
class ForwardController {
  private static final int MOST = 1000;

  private final Forwards forwards;

  ForwardController(Forwards forwards) {
    this.forwards = forwards;
  }

  /**
   * @param next what to ask for with {@code after}; null where this is all
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Listing(List<Forward> forwards, @Nullable String next) {}

  /** In the order in which they came. */
  @GetMapping
  Listing list(
      @RequestParam(required = false) @Nullable String state,
      @RequestParam(defaultValue = "0") String after,
      @RequestParam(defaultValue = "100") String limit) {
    int most = (int) number("limit", limit, 1, MOST);
    var page =
        forwards.page(
            number("after", after, 0, Long.MAX_VALUE), state == null ? null : state(state), most);
    return new Listing(page, page.size() < most ? null : Long.toString(page.getLast().number()));
  }

  @GetMapping("/{id}")
  ResponseEntity<Forward> one(@PathVariable String id) {
    return ResponseEntity.ok().header("Cache-Control", "no-store").body(forwards.find(uuid(id)));
  }

  /** What an origin sends is nothing that may run in the name of this node. */
  @GetMapping("/{id}/answer")
  ResponseEntity<byte[]> answer(@PathVariable String id) {
    var answer = forwards.answer(uuid(id));
    var response =
        ResponseEntity.ok()
            .header("Cache-Control", "no-store")
            .header("Content-Security-Policy", "sandbox")
            .header("Content-Disposition", "attachment");
    if (answer.encoding() != null) {
      response.header(HttpHeaders.CONTENT_ENCODING, answer.encoding());
    }
    return response.contentType(type(answer.type())).body(answer.bytes());
  }

  /** Of what an origin says, if it is of the form of a type. */
  private static MediaType type(@Nullable String type) {
    try {
      return type == null ? MediaType.APPLICATION_OCTET_STREAM : MediaType.parseMediaType(type);
    } catch (InvalidMediaTypeException e) {
      return MediaType.APPLICATION_OCTET_STREAM;
    }
  }

  @PostMapping("/{id}/retry")
  Forward retry(@PathVariable String id) {
    return forwards.retry(uuid(id));
  }

  @DeleteMapping("/{id}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void delete(@PathVariable String id) {
    forwards.delete(uuid(id));
  }

  private static UUID uuid(String id) {
    try {
      return UUID.fromString(id);
    } catch (IllegalArgumentException e) {
      throw new Refused(ProblemCode.FORWARD_UNKNOWN, "no request of that id is kept");
    }
  }

  private static ForwardState state(String word) {
    return Arrays.stream(ForwardState.values())
        .filter(it -> it != ForwardState.UNDERWAY && it.word().equals(word))
        .findFirst()
        .orElseThrow(() -> invalid("state", "is waiting, parked or done"));
  }

  private static long number(String name, String text, long least, long most) {
    try {
      long number = Long.parseLong(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw invalid(name, "is a number from " + least + " to " + most);
  }

  private static Refused invalid(String name, String why) {
    return new Refused(Problem.ofField(ProblemCode.INVALID_REQUEST, name, why));
  }
}
