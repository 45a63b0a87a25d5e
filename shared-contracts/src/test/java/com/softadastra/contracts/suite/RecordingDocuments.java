package com.softadastra.contracts.suite;

import com.softadastra.contracts.Reply;
import com.softadastra.contracts.documents.Change;
import com.softadastra.contracts.documents.ChangePage;
import com.softadastra.contracts.documents.CollectionDeclared;
import com.softadastra.contracts.documents.CollectionDefinition;
import com.softadastra.contracts.documents.CollectionSummary;
import com.softadastra.contracts.documents.ConflictChange;
import com.softadastra.contracts.documents.ConflictList;
import com.softadastra.contracts.documents.ConflictPage;
import com.softadastra.contracts.documents.ConflictState;
import com.softadastra.contracts.documents.ConflictView;
import com.softadastra.contracts.documents.DocumentHistory;
import com.softadastra.contracts.documents.DocumentPage;
import com.softadastra.contracts.documents.DocumentShares;
import com.softadastra.contracts.documents.DocumentView;
import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.documents.IntentRequest;
import com.softadastra.contracts.documents.Receipt;
import com.softadastra.contracts.documents.ReceiptState;
import com.softadastra.contracts.documents.Recorded;
import com.softadastra.contracts.documents.Resolution;
import com.softadastra.contracts.documents.SequenceDefinition;
import com.softadastra.contracts.documents.SequenceView;
import com.softadastra.contracts.documents.ShareMove;
import com.softadastra.contracts.documents.SpaceDigest;
import com.softadastra.contracts.documents.SpaceOpened;
import com.softadastra.contracts.documents.SpaceSummary;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/** A sync engine that answers what it is told to. */
public final class RecordingDocuments extends Recording implements Documents {
  @Override
  public Reply<SpaceOpened> openSpace(String space) {
    return answer("openSpace", space);
  }

  @Override
  public List<SpaceSummary> spaces() {
    return answer("spaces");
  }

  @Override
  public Reply<CollectionDeclared> declareCollection(
      String space, String collection, CollectionDefinition definition) {
    return answer("declareCollection", space, collection, definition);
  }

  @Override
  public Reply<List<CollectionSummary>> collections(String space) {
    return answer("collections", space);
  }

  @Override
  public Reply<Recorded> record(IntentRequest intent) {
    return answer("record", intent);
  }

  @Override
  public Reply<DocumentView> document(String space, String collection, String id) {
    return answer("document", space, collection, id);
  }

  @Override
  public Reply<DocumentHistory> history(
      String space, String collection, String id, long after, int limit) {
    return answer("history", space, collection, id, after, limit);
  }

  @Override
  public Reply<DocumentPage> list(String space, String collection, String after, int limit) {
    return answer("list", space, collection, after, limit);
  }

  @Override
  public Reply<Receipt> receipt(String space, String intent) {
    return answer("receipt", space, intent);
  }

  @Override
  public Reply<Receipt> awaitReceipt(
      String space, String intent, ReceiptState level, Duration patience) {
    return answer("awaitReceipt", space, intent, level, patience);
  }

  @Override
  public Reply<ChangePage> changes(String space, long since, int limit) {
    return answer("changes", space, since, limit);
  }

  @Override
  public Flux<Change> follow(String space, long since) {
    return answer("follow", space, since);
  }

  @Override
  public Reply<ConflictList> conflicts(String space, ConflictState state, long after, int limit) {
    return answer("conflicts", space, state, after, limit);
  }

  @Override
  public Flux<ConflictChange> followConflicts(String space, long since) {
    return answer("followConflicts", space, since);
  }

  @Override
  public Reply<ConflictPage> undecided(String space, long since, int limit) {
    return answer("undecided", space, since, limit);
  }

  @Override
  public Reply<ConflictView> conflict(String space, String id) {
    return answer("conflict", space, id);
  }

  @Override
  public Reply<Recorded> resolve(String space, String id, Resolution resolution) {
    return answer("resolve", space, id, resolution);
  }

  @Override
  public Reply<Recorded> undo(String space, String id, @Nullable String actor) {
    return answer("undo", space, id, actor);
  }

  @Override
  public Reply<SpaceDigest> digest(String space) {
    return answer("digest", space);
  }

  @Override
  public Reply<DocumentShares> shares(String space, String collection, String id) {
    return answer("shares", space, collection, id);
  }

  @Override
  public Reply<Recorded> moveShare(String space, String collection, String id, ShareMove move) {
    return answer("moveShare", space, collection, id, move);
  }

  @Override
  public Reply<SequenceView.Declared> declareSequence(
      String space, String sequence, SequenceDefinition definition) {
    return answer("declareSequence", space, sequence, definition);
  }

  @Override
  public Reply<SequenceView> sequence(String space, String sequence) {
    return answer("sequence", space, sequence);
  }

  @Override
  public Reply<Recorded> allotNumbers(
      String space, String sequence, SequenceView.Allotment allotment) {
    return answer("allotNumbers", space, sequence, allotment);
  }
}
