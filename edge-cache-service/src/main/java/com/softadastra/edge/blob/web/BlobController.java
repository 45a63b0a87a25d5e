package com.softadastra.edge.blob.web;

import static com.softadastra.edge.blob.web.BlobResources.LENGTH;
import static com.softadastra.edge.blob.web.BlobResources.OFFSET;
import static com.softadastra.edge.blob.web.BlobResources.id;
import static com.softadastra.edge.blob.web.BlobResources.tag;

import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.http.ServletMessages;
import com.softadastra.edge.blob.BlobId;
import com.softadastra.edge.blob.BlobService;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
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
  private static final int PIECE_BYTES = 32 << 10;

  private final BlobService blobs;
  private final BlobResources reads;
  private final Transfers transfers;

  BlobController(BlobService blobs, BlobResources reads, Transfers transfers) {
    this.blobs = blobs;
    this.reads = reads;
    this.transfers = transfers;
  }

  // ---- reading

  /** HEAD too. */
  @GetMapping
  void get(HttpServletRequest request, HttpServletResponse response) throws IOException {
    try {
      reads.answer(ServletMessages.request(request), head -> ServletMessages.begin(response, head));
    } catch (Refused refused) {
      ServletMessages.replace(response, refused.problem(), refused);
    }
  }

  // ---- writing

  /** Whole, or a part that goes on where what is there ends. */
  @PutMapping
  void put(@PathVariable String id, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    var blob = id(id);
    var part = ContentRange.of(request.getHeader("Content-Range"), request.getContentLengthLong());
    transfers.enter();
    try {
      var status = written(blob, part, request, response);
      response.setStatus(status.value());
      response.setHeader("ETag", tag(blob));
    } finally {
      transfers.leave();
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
