package com.softadastra.edge.forward;

import java.time.Duration;

/**
 * What kept requests may take.
 *
 * @param body bytes of a request's body
 * @param originRequests that wait or are parked for one origin
 * @param originBytes of these, with what stands around them
 * @param requests that wait or are parked in all
 * @param bytes of these
 * @param reserve of free disk, below which nothing is kept
 * @param answerBody bytes that are kept of an answer's body
 * @param answers that are kept, the last ones
 * @param answerBytes of these
 * @param retention how long an answer is kept
 * @param atOnce attempts under way
 * @param originAtOnce attempts under way at one origin
 * @param longestWait before an attempt is repeated, at most
 * @param errors after how many answers 5xx that promise nothing a request is parked
 * @param unanswered after how many attempts it is parked that were sent and not answered
 */
public record ForwardLimits(
    int body,
    int originRequests,
    long originBytes,
    int requests,
    long bytes,
    long reserve,
    int answerBody,
    int answers,
    long answerBytes,
    Duration retention,
    int atOnce,
    int originAtOnce,
    Duration longestWait,
    int errors,
    int unanswered) {
  /** Bytes that a row takes beside what it holds, about. */
  static final int ROW_BYTES = 512;

  /** Bytes of a request's or answer's fields, at most. */
  static final int MOST_FIELD_BYTES = 64 << 10;
}
