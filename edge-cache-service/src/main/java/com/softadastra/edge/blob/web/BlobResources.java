package com.softadastra.edge.blob.web;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.web.FieldLine;
import com.softadastra.contracts.web.ResponsePart;
import com.softadastra.contracts.web.WebRequest;
import com.softadastra.edge.blob.BlobId;
import com.softadastra.edge.blob.BlobReader;
import com.softadastra.edge.blob.BlobService;
import com.softadastra.edge.blob.BlobUnreadable;
import com.softadastra.edge.policy.ByteRange;
import com.softadastra.edge.policy.Conditions;
import com.softadastra.edge.policy.Headers;
import com.softadastra.edge.policy.ResponseHead;
import com.softadastra.edge.read.Recipient;
import com.softadastra.edge.read.Resources;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Blobs by their names, whoever asks. */
final class BlobResources implements Resources {
  static final String OFFSET = "Upload-Offset";
  static final String LENGTH = "Upload-Length";

  private static final Logger LOG = LoggerFactory.getLogger(BlobResources.class);
  private static final String PATH = "/api/v1/blobs/";
  private static final Set<String> ABOUT_THE_READ = Set.of("range", "if-range", "if-none-match");

  private final BlobService blobs;
  private final Transfers transfers;

  BlobResources(BlobService blobs, Transfers transfers) {
    this.blobs = blobs;
    this.transfers = transfers;
  }

  @Override
  public String path() {
    return PATH;
  }

  /**
   * @throws Refused unless it is the name of a blob, to the letter
   */
  static BlobId id(String text) {
    return BlobId.parse(text)
        .orElseThrow(() ->
            new Refused(
                ProblemCode.INVALID_REQUEST,
                "a blob is named by its SHA-256: 64 hexadecimal digits in lower case"));
  }

  static String tag(BlobId blob) {
    return "\"" + blob + "\"";
  }

  @Override
  public void answer(WebRequest request, Recipient to) throws IOException {
    var blob = id(request.path().substring(PATH.length()));
    var sent = Resources.headers(request);
    boolean mayFetch = !"only-if-cached".equalsIgnoreCase(sent.first("Cache-Control").orElse(""));
    var asked = sent.without(name -> !ABOUT_THE_READ.contains(name));
    boolean isHead = request.method().equals("HEAD");
    // a fetch may take long, and takes no place of those who read and write
    if (!given(blob, asked, isHead, to)
        && !(mayFetch && blobs.fetch(blob) && given(blob, asked, isHead, to))) {
      refuse(blob, to);
    }
  }

  /** Whether it is here, and was the answer. */
  private boolean given(BlobId blob, Headers asked, boolean isHead, Recipient to)
      throws IOException {
    transfers.enter();
    try {
      var found = find(blob, from(asked));
      if (found.isEmpty()) {
        return false;
      }
      try (var reader = found.get()) {
        give(blob, reader, asked, isHead, to);
      }
      return true;
    } finally {
      transfers.leave();
    }
  }

  private Optional<BlobReader> find(BlobId blob, long from) {
    try {
      return blobs.find(blob, from);
    } catch (BlobUnreadable e) {
      LOG.warn("a blob can't be read", e);
      throw new Refused(ProblemCode.UNREADABLE, "the blob is here, and can't be read now");
    }
  }

  /** The byte that a range begins with, as far as that is known without the blob. */
  private static long from(Headers asked) {
    return ByteRange.of(asked, head("\"\""), Long.MAX_VALUE)
        .filter(range -> range.to() == Long.MAX_VALUE || range.isSatisfiable())
        .map(ByteRange::from)
        .orElse(0L);
  }

  private void refuse(BlobId blob, Recipient to) throws IOException {
    var begun =
        blobs
            .store()
            .progress(blob)
            .map(progress ->
                List.of(
                    new FieldLine(OFFSET, Long.toString(progress.offset())),
                    new FieldLine(LENGTH, Long.toString(progress.total()))))
            .orElse(List.of());
    to.refuse(
        Problem.of(ProblemCode.BLOB_UNKNOWN, "neither this node nor a peer has it whole"),
        begun.toArray(FieldLine[]::new));
  }

  private static ResponseHead head(String tag) {
    var now = Instant.EPOCH;
    return ResponseHead.of(200, Headers.of("ETag", tag), now, now, Map.of());
  }

  private void give(BlobId blob, BlobReader reader, Headers asked, boolean isHead, Recipient to)
      throws IOException {
    long total = reader.total();
    var head = head(tag(blob));
    var fields = description(blob);
    if (Conditions.isNotModified(asked, head)) {
      to.begin(new ResponsePart.Head(304, fields, -1));
      return;
    }
    var range = isHead ? Optional.<ByteRange>empty() : ByteRange.of(asked, head, total);
    range.ifPresent(it -> fields.add(new FieldLine("Content-Range", it.of(total))));
    if (range.isPresent() && !range.get().isSatisfiable()) {
      to.begin(new ResponsePart.Head(416, fields, 0));
      return;
    }
    var part = range.orElse(new ByteRange(0, total));
    int status = range.isPresent() ? 206 : 200;
    var out = to.begin(new ResponsePart.Head(status, fields, part.to() - part.from()));
    if (isHead) {
      return;
    }
    try {
      reader.copy(out, part.from(), part.to());
    } catch (BlobUnreadable broken) {
      LOG.debug("an answer broke off", broken);
      blobs.brokeOff(blob);
      throw new Refused(ProblemCode.UNREADABLE, "the blob can't be read on");
    }
  }

  /** It may be a page of a stranger, which must not run in this node's name. */
  private static List<FieldLine> description(BlobId blob) {
    var fields = new ArrayList<FieldLine>();
    fields.add(new FieldLine("ETag", tag(blob)));
    fields.add(new FieldLine("Accept-Ranges", "bytes"));
    fields.add(new FieldLine("Cache-Control", "private, max-age=31536000, immutable"));
    fields.add(new FieldLine("Content-Type", "application/octet-stream"));
    fields.add(new FieldLine("Content-Disposition", "attachment"));
    fields.add(new FieldLine("Content-Security-Policy", "sandbox; default-src 'none'"));
    fields.add(new FieldLine("Cross-Origin-Resource-Policy", "same-origin"));
    return fields;
  }
}
