package com.softadastra.edge.blob.web;

import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.edge.blob.BlobId;
import com.softadastra.edge.blob.BlobReader;
import com.softadastra.edge.blob.BlobService;
import com.softadastra.edge.blob.BlobUnreadable;
import com.softadastra.edge.policy.ByteRange;
import com.softadastra.edge.policy.Conditions;
import com.softadastra.edge.policy.Headers;
import com.softadastra.edge.policy.ResponseHead;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.apache.coyote.CloseNowException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/**
 * Blobs by their names. What is sent in parts goes on at {@code Upload-Offset}, which says how many
 * bytes from the beginning are there; {@code Upload-Length} how many it will have.
 */
@RestController
@RequestMapping("/api/v1/blobs/{id}")
class BlobController {
  private static final Logger LOG = LoggerFactory.getLogger(BlobController.class);

  /** Transfers at once; each holds a chunk in memory. */
  private static final int MOST_TRANSFERS = 256;

  private static final int PIECE_BYTES = 32 << 10;
  private static final String OFFSET = "Upload-Offset";
  private static final String LENGTH = "Upload-Length";
  private static final List<String> ABOUT_THE_READ = List.of("Range", "If-Range", "If-None-Match");

  private final BlobService blobs;
  private final Semaphore transfers = new Semaphore(MOST_TRANSFERS);

  BlobController(BlobService blobs) {
    this.blobs = blobs;
  }

  private static BlobId id(String text) {
    return BlobId.parse(text)
        .orElseThrow(() ->
            new Refused(
                ProblemCode.INVALID_REQUEST,
                "a blob is named by its SHA-256: 64 hexadecimal digits in lower case"));
  }

  private void enter() {
    if (!transfers.tryAcquire()) {
      throw new Refused(ProblemCode.BUSY, MOST_TRANSFERS + " blobs are being read and written");
    }
  }

  // ---- reading

  /** HEAD too. */
  @GetMapping
  void get(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    var blob = id(id);
    boolean mayFetch = !"only-if-cached".equalsIgnoreCase(request.getHeader("Cache-Control"));
    // a fetch may take long, and takes no place of those who read and write
    if (!given(blob, request, response)
        && !(mayFetch && blobs.fetch(blob) && given(blob, request, response))) {
      throw unknown(blob, response);
    }
  }

  /** Whether it is here, and was the answer. */
  private boolean given(BlobId blob, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    enter();
    try {
      var asked = headers(request);
      var found = blobs.find(blob, from(asked));
      if (found.isEmpty()) {
        return false;
      }
      try (var reader = found.get()) {
        answer(blob, reader, asked, request.getMethod().equals("HEAD"), response);
      }
      return true;
    } finally {
      transfers.release();
    }
  }

  /** The byte that a range begins with, as far as that is known without the blob. */
  private static long from(Headers asked) {
    return ByteRange.of(asked, head("\"\""), Long.MAX_VALUE)
        .filter(range -> range.to() == Long.MAX_VALUE || range.isSatisfiable())
        .map(ByteRange::from)
        .orElse(0L);
  }

  private Refused unknown(BlobId blob, HttpServletResponse response) {
    blobs
        .store()
        .progress(blob)
        .ifPresent(progress -> {
          response.setHeader(OFFSET, Long.toString(progress.offset()));
          response.setHeader(LENGTH, Long.toString(progress.total()));
        });
    return new Refused(ProblemCode.BLOB_UNKNOWN, "neither this node nor a peer has it whole");
  }

  private static Headers headers(HttpServletRequest request) {
    var fields = new ArrayList<Headers.Field>();
    for (String name : ABOUT_THE_READ) {
      for (String value : Collections.list(request.getHeaders(name))) {
        fields.add(new Headers.Field(name, value));
      }
    }
    return new Headers(fields);
  }

  private static ResponseHead head(String tag) {
    var now = Instant.EPOCH;
    return ResponseHead.of(200, Headers.of("ETag", tag), now, now, Map.of());
  }

  private void answer(
      BlobId blob, BlobReader reader, Headers asked, boolean isHead, HttpServletResponse response)
      throws IOException {
    long total = reader.total();
    var head = head(tag(blob));
    describe(blob, response);
    if (Conditions.isNotModified(asked, head)) {
      response.setStatus(HttpServletResponse.SC_NOT_MODIFIED);
      return;
    }
    var range = isHead ? Optional.<ByteRange>empty() : ByteRange.of(asked, head, total);
    range.ifPresent(it -> response.setHeader("Content-Range", it.of(total)));
    if (range.isPresent() && !range.get().isSatisfiable()) {
      response.setStatus(HttpServletResponse.SC_REQUESTED_RANGE_NOT_SATISFIABLE);
      response.setContentLength(0);
      return;
    }
    var part = range.orElse(new ByteRange(0, total));
    response.setStatus(
        range.isPresent() ? HttpServletResponse.SC_PARTIAL_CONTENT : HttpServletResponse.SC_OK);
    response.setContentLengthLong(part.to() - part.from());
    if (!isHead) {
      copy(blob, reader, part, response);
    }
  }

  /** It may be a page of a stranger, which must not run in this node's name. */
  private static void describe(BlobId blob, HttpServletResponse response) {
    response.setHeader("ETag", tag(blob));
    response.setHeader("Accept-Ranges", "bytes");
    response.setHeader("Cache-Control", "private, max-age=31536000, immutable");
    response.setHeader("Content-Type", "application/octet-stream");
    response.setHeader("Content-Disposition", "attachment");
    response.setHeader("Content-Security-Policy", "sandbox; default-src 'none'");
    response.setHeader("Cross-Origin-Resource-Policy", "same-origin");
  }

  private static String tag(BlobId blob) {
    return "\"" + blob + "\"";
  }

  /** Half a blob must not look whole: its connection ends. */
  private void copy(BlobId blob, BlobReader reader, ByteRange part, HttpServletResponse response)
      throws IOException {
    try {
      reader.copy(response.getOutputStream(), part.from(), part.to());
    } catch (BlobUnreadable broken) {
      LOG.debug("an answer broke off", broken);
      blobs.brokeOff(blob);
      throw new CloseNowException("the blob can't be read on", broken);
    }
  }

  // ---- writing

  /** Whole, or a part that goes on where what is there ends. */
  @PutMapping
  void put(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    var blob = id(id);
    var part = ContentRange.of(request.getHeader("Content-Range"), request.getContentLengthLong());
    enter();
    try {
      var status = written(blob, part, request, response);
      response.setStatus(status.value());
      response.setHeader("ETag", tag(blob));
    } finally {
      transfers.release();
    }
  }

  private HttpStatus written(
      BlobId blob, ContentRange part, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    var piece = new byte[PIECE_BYTES];
    var in = request.getInputStream();
    try {
      var begun = blobs.store().write(blob, part.total(), part.from());
      if (begun.isEmpty()) {
        // who sends reads the answer afterwards
        while (in.read(piece) >= 0) {}
        return HttpStatus.OK;
      }
      try (var writer = begun.get()) {
        while (writer.offset() < part.to()) {
          int count = in.read(piece, 0, (int) Math.min(piece.length, part.to() - writer.offset()));
          if (count < 0) {
            throw new Refused(ProblemCode.INVALID_REQUEST, "the body is shorter than it says");
          }
          writer.append(piece, count);
        }
        if (writer.isWhole()) {
          writer.commit();
          return HttpStatus.CREATED;
        }
        response.setHeader(OFFSET, Long.toString(writer.offset()));
        response.setHeader(LENGTH, Long.toString(writer.total()));
        return HttpStatus.ACCEPTED;
      }
    } catch (Refused refused) {
      var offset = refused.problem().facts().get("offset");
      if (offset != null) {
        response.setHeader(OFFSET, offset);
      }
      throw refused;
    }
  }

  // ---- keeping

  /** It is never evicted from now on. */
  @PutMapping("/pin")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void pin(@PathVariable String id) throws IOException {
    if (!blobs.pin(id(id))) {
      throw new Refused(ProblemCode.BLOB_UNKNOWN, "neither this node nor a peer has it whole");
    }
  }

  @DeleteMapping("/pin")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void unpin(@PathVariable String id) throws IOException {
    blobs.store().unpin(id(id));
  }
}
