package com.softadastra.sync.storage;

/**
 * Bounds of the recording thread.
 *
 * @param documentBytes the most bytes of canonical JSON that a document may have
 * @param batchUnits the most intents and received batches in one group commit
 * @param batchBytes of entries after which a group commit takes no more
 * @param queueUnits how many may wait; more block their callers
 * @param reserveBytes of free disk below which new intents are refused
 */
public record RecordingSettings(
    int documentBytes, int batchUnits, int batchBytes, int queueUnits, long reserveBytes) {
  public static final RecordingSettings DEFAULT =
      new RecordingSettings(1 << 20, 512, 1 << 20, 8192, 64L << 20);

  public RecordingSettings withReserveBytes(long bytes) {
    return new RecordingSettings(documentBytes, batchUnits, batchBytes, queueUnits, bytes);
  }

  public RecordingSettings withDocumentBytes(int bytes) {
    return new RecordingSettings(bytes, batchUnits, batchBytes, queueUnits, reserveBytes);
  }
}
