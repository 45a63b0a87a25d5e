package com.softadastra.edge;

import com.softadastra.edge.blob.BlobLimits;
import com.softadastra.edge.cache.CacheRules;
import com.softadastra.edge.forward.ForwardLimits;
import com.softadastra.edge.mailbox.MailboxService;
import com.softadastra.edge.mailbox.Quotas;
import com.softadastra.edge.origin.Origin;
import com.softadastra.edge.origin.OriginLimits;
import com.softadastra.edge.policy.Freshness;
import com.softadastra.engine.envelope.Envelope;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * The edge's settings.
 *
 * @param origins by name: the servers that are fetched from, and no others
 * @param cache what is kept
 * @param fetch what a fetch may take
 * @param mailbox what is kept for members of spaces that this node is a relay of
 * @param forward what is kept of requests to origins that can't be reached
 * @param blobs what is kept by its SHA-256
 */
@ConfigurationProperties(value = "softadastra.edge", ignoreUnknownFields = false)
record EdgeProperties(
    @DefaultValue Map<String, NamedOrigin> origins,
    @DefaultValue CacheSettings cache,
    @DefaultValue FetchSettings fetch,
    @DefaultValue MailboxSettings mailbox,
    @DefaultValue ForwardSettings forward,
    @DefaultValue BlobSettings blobs) {
  /**
   * @param url where it is, http or https
   * @param privateNetwork whether its host's name may lead to an address that is not public. An
   *     address, or localhost, as the URL's host is taken at its word
   */
  record NamedOrigin(@Nullable URI url, @DefaultValue("false") boolean privateNetwork) {
    Origin named(String name) {
      if (url == null) {
        throw new IllegalArgumentException("softadastra.edge.origins." + name + ".url is missing");
      }
      return Origin.named(name, url, privateNetwork);
    }
  }

  /**
   * @param disk bytes of responses on disk
   * @param memory bytes of small bodies in memory
   * @param largest body that is kept
   * @param guess the longest that a response is fresh which doesn't say for how long
   * @param absence how long an answer 404 or 410 is believed which doesn't say for how long
   * @param cutOff for how long beyond its freshness a response is served while its origin can't be
   *     reached, where it doesn't say itself
   */
  record CacheSettings(
      @DefaultValue("1GB") DataSize disk,
      @DefaultValue("32MB") DataSize memory,
      @DefaultValue("256MB") DataSize largest,
      @DefaultValue("1d") Duration guess,
      @DefaultValue("5s") Duration absence,
      @DefaultValue("30d") Duration cutOff) {}

  /**
   * @param connections to one origin at once
   * @param place how long to wait for one of them
   * @param connect how long TCP and TLS may take, each
   * @param silence how long an origin may say nothing
   * @param longest how long a body may come that is kept
   * @param requestBody the largest body of a request that is passed on
   */
  record FetchSettings(
      @DefaultValue("64") int connections,
      @DefaultValue("5s") Duration place,
      @DefaultValue("3s") Duration connect,
      @DefaultValue("30s") Duration silence,
      @DefaultValue("1h") Duration longest,
      @DefaultValue("64MB") DataSize requestBody) {}

  /**
   * @param retention how long an envelope is kept at most, also where it says longer or nothing
   * @param senderQuota bytes of envelopes of one sender
   * @param destinationQuota bytes of envelopes for one destination
   * @param totalQuota bytes of all envelopes
   * @param largestEnvelope in bytes; more than 20 MB there are none
   * @param reserve of free disk, below which no envelope is taken
   */
  record MailboxSettings(
      @DefaultValue("30d") Duration retention,
      @DefaultValue("1GB") DataSize senderQuota,
      @DefaultValue("1GB") DataSize destinationQuota,
      @DefaultValue("4GB") DataSize totalQuota,
      @DefaultValue("20MB") DataSize largestEnvelope,
      @DefaultValue("64MB") DataSize reserve) {
    MailboxSettings {
      if (!retention.isPositive()) {
        throw new IllegalArgumentException(
            "softadastra.edge.mailbox.retention is more than nothing");
      }
      if (!fits(largestEnvelope, senderQuota)
          || !fits(senderQuota, totalQuota)
          || !fits(largestEnvelope, destinationQuota)
          || !fits(destinationQuota, totalQuota)) {
        throw new IllegalArgumentException(
            "softadastra.edge.mailbox: the largest envelope fits in both quotas, and each of them in the total quota");
      }
    }

    private static boolean fits(DataSize one, DataSize other) {
      return one.toBytes() > 0 && one.compareTo(other) <= 0;
    }

    MailboxService.Rules rules() {
      return new MailboxService.Rules(
          retention, (int) Math.min(largestEnvelope.toBytes(), Envelope.MOST_BYTES));
    }

    Quotas quotas() {
      return new Quotas(
          senderQuota.toBytes(),
          destinationQuota.toBytes(),
          totalQuota.toBytes(),
          reserve.toBytes());
    }
  }

  /**
   * @param largestBody of a request, in bytes; more than 64 MB there are none
   * @param originRequests that wait or are parked for one origin
   * @param originQuota bytes of these
   * @param requests that wait or are parked in all
   * @param quota bytes of these
   * @param reserve of free disk, below which nothing is kept
   * @param largestAnswer what is kept of an answer's body; more than 64 MB there are none
   * @param answers that are kept
   * @param answerQuota bytes of these
   * @param retention how long an answer is kept
   * @param atOnce attempts at once
   * @param originAtOnce attempts at once at one origin
   * @param longestWait before an attempt is repeated
   * @param errors after how many of them a request is parked that the origin answers with 5xx
   * @param unanswered after how many attempts it is parked that are sent and not answered
   */
  record ForwardSettings(
      @DefaultValue("4MB") DataSize largestBody,
      @DefaultValue("10000") int originRequests,
      @DefaultValue("256MB") DataSize originQuota,
      @DefaultValue("50000") int requests,
      @DefaultValue("1GB") DataSize quota,
      @DefaultValue("64MB") DataSize reserve,
      @DefaultValue("1MB") DataSize largestAnswer,
      @DefaultValue("10000") int answers,
      @DefaultValue("256MB") DataSize answerQuota,
      @DefaultValue("7d") Duration retention,
      @DefaultValue("8") int atOnce,
      @DefaultValue("4") int originAtOnce,
      @DefaultValue("30s") Duration longestWait,
      @DefaultValue("6") int errors,
      @DefaultValue("10") int unanswered) {
    private static final DataSize MOST = DataSize.ofMegabytes(64);

    ForwardSettings {
      if (largestBody.compareTo(MOST) > 0 || largestAnswer.compareTo(MOST) > 0) {
        throw new IllegalArgumentException(
            "softadastra.edge.forward: the largest body and the largest answer have at most 64 MB");
      }
      if (longestWait.compareTo(Duration.ofSeconds(30)) > 0 || !longestWait.isPositive()) {
        throw new IllegalArgumentException(
            "softadastra.edge.forward.longest-wait is more than nothing and at most 30s");
      }
      if (!retention.isPositive()
          || Stream.of(atOnce, originAtOnce, errors, unanswered, answers).anyMatch(n -> n < 1)) {
        throw new IllegalArgumentException(
            "softadastra.edge.forward: retention, answers, at-once, origin-at-once, errors and unanswered are more than nothing");
      }
    }

    ForwardLimits limits() {
      return new ForwardLimits(
          (int) largestBody.toBytes(),
          originRequests,
          originQuota.toBytes(),
          requests,
          quota.toBytes(),
          reserve.toBytes(),
          (int) largestAnswer.toBytes(),
          answers,
          answerQuota.toBytes(),
          retention,
          atOnce,
          originAtOnce,
          longestWait,
          errors,
          unanswered);
    }
  }

  /**
   * @param disk bytes of all files, those that are coming in with their full length
   * @param memory bytes of chunks that are read often
   * @param largest blob
   * @param idle how long the beginning of a blob stays to which nobody adds
   * @param reserve of free disk, below which nothing more is taken
   */
  record BlobSettings(
      @DefaultValue("4GB") DataSize disk,
      @DefaultValue("32MB") DataSize memory,
      @DefaultValue("1GB") DataSize largest,
      @DefaultValue("1d") Duration idle,
      @DefaultValue("64MB") DataSize reserve) {
    BlobSettings {
      if (!MailboxSettings.fits(largest, disk) || !idle.isPositive()) {
        throw new IllegalArgumentException(
            "softadastra.edge.blobs: the largest blob fits on the disk's part, and idle is more than nothing");
      }
    }

    BlobLimits limits() {
      return new BlobLimits(
          disk.toBytes(), memory.toBytes(), largest.toBytes(), idle, reserve.toBytes());
    }
  }

  OriginLimits limits(int headBytes) {
    return new OriginLimits(
        fetch.connections(), fetch.place(), fetch.connect(), fetch.silence(), headBytes);
  }

  CacheRules rules() {
    return new CacheRules(
        new Freshness.Guess(cache.guess(), cache.absence()),
        cache.cutOff(),
        cache.largest().toBytes(),
        fetch.longest(),
        Duration.ofSeconds(10),
        Duration.ofSeconds(5));
  }
}
