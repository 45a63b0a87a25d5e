package com.softadastra.gateway.web;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.peering.Bundles;
import com.softadastra.contracts.peering.EnvelopeTaken;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.springframework.http.HttpHeaders;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;

/** Sync by file. */
@RestController
class BundleController {
  static final String MEDIA_TYPE = "application/vnd.softadastra.bundle";
  private static final String PATH = "/api/v1/bundles";
  private static final int PIECE_BYTES = 64 << 10;

  /** How many pieces, or envelopes, are asked for ahead. */
  private static final int AHEAD = 4;

  private final Bundles bundles;

  BundleController(Bundles bundles) {
    this.bundles = bundles;
  }

  /**
   * What came of a bundle.
   *
   * @param entries that were in it, those included that were here already
   * @param refused whose entries were not taken, and why; each once
   * @param acknowledgement the path of a bundle that tells its maker what is here now
   */
  record Taken(
      NodeId from,
      long entries,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<EnvelopeTaken.Refusal> refused,
      String acknowledgement) {}

  @GetMapping(PATH)
  void export(
      @RequestParam String to,
      @RequestParam(defaultValue = "false") boolean all,
      HttpServletResponse response)
      throws IOException {
    // closed however it ends, or more would be made that nobody reads
    try (var made = bundles.export(node(to), all).toStream(AHEAD)) {
      var pieces = made.iterator();
      // what is refused is refused with the first
      byte[] piece = pieces.next();
      response.setContentType(MEDIA_TYPE);
      response.setHeader(
          HttpHeaders.CONTENT_DISPOSITION,
          "attachment; filename=\"%s.bundle\"".formatted(to.substring(0, 8)));
      var out = response.getOutputStream();
      out.write(piece);
      while (pieces.hasNext()) {
        out.write(pieces.next());
      }
    }
  }

  @PostMapping(PATH)
  Taken take(HttpServletRequest request) throws IOException {
    NodeId from = null;
    long entries = 0;
    var refused = new ArrayList<EnvelopeTaken.Refusal>();
    for (var envelope : bundles.take(pieces(request.getInputStream())).toIterable(AHEAD)) {
      from = envelope.from();
      entries += envelope.entries();
      envelope.refused().stream().filter(it -> !refused.contains(it)).forEach(refused::add);
    }
    if (from == null) {
      throw new Refused(ProblemCode.BUNDLE_INVALID, "there is nothing in it");
    }
    return new Taken(from, entries, refused, PATH + "?to=" + from);
  }

  private static Flux<byte[]> pieces(InputStream in) {
    return Flux.generate(sink -> {
      try {
        byte[] piece = new byte[PIECE_BYTES];
        int length = in.read(piece);
        if (length < 0) {
          sink.complete();
        } else {
          sink.next(Arrays.copyOf(piece, length));
        }
      } catch (IOException e) {
        sink.error(new UncheckedIOException(e));
      }
    });
  }

  private static NodeId node(String text) {
    try {
      return NodeId.parse(text);
    } catch (IllegalArgumentException e) {
      throw new Refused(ProblemCode.PEER_UNKNOWN, "this is not a node's id");
    }
  }
}
