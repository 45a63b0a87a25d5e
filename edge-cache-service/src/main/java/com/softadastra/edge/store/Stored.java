package com.softadastra.edge.store;

import com.softadastra.edge.policy.ResponseHead;

/**
 * A response in the store. Whoever has one may read its head for as long as it likes; its body may
 * be gone.
 */
public final class Stored {
  private final String id;
  private final String key;
  private final long bytes;
  private final int checksum;
  private volatile ResponseHead head;
  private volatile boolean removed;

  /**
   * @param id names its files
   * @param key the URI, as whoever stores it writes it
   * @param checksum CRC-32C of the body
   */
  Stored(String id, String key, ResponseHead head, long bytes, int checksum) {
    this.id = id;
    this.key = key;
    this.head = head;
    this.bytes = bytes;
    this.checksum = checksum;
  }

  String id() {
    return id;
  }

  public String key() {
    return key;
  }

  public ResponseHead head() {
    return head;
  }

  /** Of the body. */
  public long bytes() {
    return bytes;
  }

  int checksum() {
    return checksum;
  }

  void refresh(ResponseHead newer) {
    head = newer;
  }

  boolean isRemoved() {
    return removed;
  }

  void markRemoved() {
    removed = true;
  }
}
