package com.softadastra.runtime.documents;

import com.softadastra.contracts.LayerUnreachable;
import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.documents.Receipt;
import com.softadastra.contracts.documents.Recorded;
import java.util.function.Supplier;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;

/** Answers a write with its receipt, at once or when it has come as far as the caller waits for. */
final class Writes {
  private final Documents documents;

  Writes(Documents documents) {
    this.documents = documents;
  }

  /**
   * Records first; nothing that happens while waiting can turn a recorded write into an error.
   *
   * @param record records the write
   */
  Written write(Headers.Wait wait, Supplier<Recorded> record) {
    var recorded = record.get();
    var patience = wait.patience();
    if (patience == null) {
      return new Written(recorded, recorded.receipt(), true, "");
    }
    var receipt = recorded.receipt();
    if (receipt.state().compareTo(wait.level()) < 0 && !patience.isZero()) {
      try {
        var reply =
            documents.awaitReceipt(receipt.space(), receipt.intent(), wait.level(), patience);
        receipt = reply.value() == null ? receipt : reply.value();
      } catch (LayerUnreachable _) {
        // The write is recorded all the same; the caller is told how far it is known to be.
      }
    }
    boolean reached = receipt.state().compareTo(wait.level()) >= 0;
    return new Written(recorded, receipt, reached, "wait=" + patience.toSeconds());
  }

  /**
   * A write that is recorded.
   *
   * @param reached whether it is as far as the caller wanted
   * @param applied the preference that was followed; empty for none
   */
  record Written(Recorded recorded, Receipt receipt, boolean reached, String applied) {
    /**
     * @param done the status where the level is reached; 202 stands for "not yet"
     */
    ResponseEntity.BodyBuilder answer(HttpStatus done) {
      var answer = ResponseEntity.status(reached ? done : HttpStatus.ACCEPTED);
      answer.contentType(MediaType.APPLICATION_JSON);
      if (recorded.replayed()) {
        answer.header("Idempotent-Replayed", "true");
      }
      if (!applied.isEmpty()) {
        answer.header("Preference-Applied", applied);
      }
      return answer;
    }

    /** The same with the version that the first operation made. */
    ResponseEntity.BodyBuilder answerWithVersion(HttpStatus done) {
      return answer(done).eTag(receipt.operations().getFirst().version());
    }
  }
}
