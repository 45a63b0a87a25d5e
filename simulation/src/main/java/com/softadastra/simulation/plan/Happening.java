package com.softadastra.simulation.plan;

/**
 * Something that is done to the world from outside, at a simulated time. Which nodes it concerns is
 * given by numbers that are taken modulo what there is, so that a plan stays one when parts of it
 * are left out.
 *
 * @param at nanoseconds since the beginning
 * @param a the first node concerned
 * @param b the second, where it concerns two
 * @param nanos how long it lasts, where it lasts
 * @param draw decides everything else about it
 */
public record Happening(long at, Kind kind, int a, int b, long nanos, long draw) {
  /** What happens. */
  public enum Kind {
    /** A client hands in an intent. */
    WRITE(true),
    /** A client hands in an intent that it, or another, has handed in before. */
    RETRY(true),
    /** A client resolves a conflict. */
    RESOLVE(true),
    /** A member joins. */
    JOIN(true),
    /** An entry of a kind that this software doesn't know is recorded. */
    NEWER_KIND(true),
    /** A client declares a collection, or declares it anew. */
    DECLARE(true),
    /** An admin changes a member's labels. */
    RELABEL(true),
    /** A client takes back what a policy decided. */
    UNDO(true),
    /** The steward says that nobody counts on a member any more. */
    RETIRE(true),
    /** The steward says that a member that was retired counts again. */
    REINSTATE(true),
    /** The steward dismisses the relay, or invites it again. */
    DISMISS(true),
    /** A client spends of a divided amount, or numbers a document, or shares are moved. */
    DIVIDE(true),
    /** A node records a spend that it doesn't ask its share about. */
    OVERSPEND(true),
    /** Somebody carries envelopes from one node to another. */
    CARRY(true),
    /** Somebody drops a dead letter, writes in its place, or has it judged again. */
    SETTLE(true),
    /** The process ends at once; what is not forced may be lost. */
    CRASH(false),
    /** The process ends at the next effect: before a commit, a force, or the answers. */
    CRASH_AT_EFFECT(false),
    /** The disk refuses a commit or a force. */
    DISK_FAILS(false),
    /** The disk has no room for a time. */
    DISK_FULL(false),
    /** The disk takes its time. */
    DISK_SLOW(false),
    /** The process is stopped properly. */
    STOP(false),
    /** The process stands still. */
    PAUSE(false),
    /** The clock jumps. */
    CLOCK(false),
    /** The connections between two nodes break. */
    CUT(false),
    /** Nothing gets from one node to another for a time; the other way it may. */
    BLOCK(false),
    /** Nothing gets from one node to all others, or back. */
    ISOLATE(false),
    /** The connections between two nodes break again and again for a time. */
    FLAP(false),
    /** A way is slow for a time. */
    SLOW(false),
    /** A frame is damaged. */
    CORRUPT(false),
    /** An old frame arrives again. */
    REPLAY(false),
    /** An operator switches a link off and on again. */
    SWITCH(false),
    /** Somebody speaks in a node's name who has its place in the network, not its key. */
    ATTACK(false),
    /** A backup is made. */
    BACKUP(false),
    /** A backup takes the place of the storage. */
    RESTORE(false),
    /** A copy of the storage is started beside the node. */
    CLONE(false),
    /** A bit of the storage turns into the other: of a row, or of the database's file. */
    FLIP(false),
    /** The disk fails to read, a few times. */
    READ_FAILS(false),
    /** The process is stopped properly, and the next one is of the newest software. */
    RAISE(false),
    /** Two members don't reach each other for a time; both reach the relay. */
    APART(false),
    /** The relay's process ends; what it has not forced is lost. */
    RELAY_CRASH(false),
    /** The relay's mailboxes are lost, with their key. */
    RELAY_LOST(false),
    /** A member doesn't reach the relay for a time, nor the relay it. */
    RELAY_AWAY(false),
    /** The relay starts again without an envelope that it had signed for. */
    RELAY_DROPS(false),
    /** Somebody who is no member brings an envelope to the relay. */
    STRANGER(false),
    /** The relay's disk has no room for a time. */
    RELAY_FULL(false),
    /** The relay's disk refuses a write or a force. */
    RELAY_DISK_FAILS(false);

    private final boolean work;

    Kind(boolean work) {
      this.work = work;
    }

    /** Whether it is something that clients want, and no fault. */
    public boolean work() {
      return work;
    }

    /** Whether it happens only where a part of the plan of its own says so. */
    boolean apart() {
      return switch (this) {
        case FLAP,
            FLIP,
            READ_FAILS,
            RAISE,
            APART,
            RELAY_CRASH,
            RELAY_LOST,
            RELAY_AWAY,
            RELAY_DROPS,
            STRANGER,
            RELAY_FULL,
            RELAY_DISK_FAILS ->
            true;
        default -> false;
      };
    }
  }

  @Override
  public String toString() {
    return "%12.6f s  %-15s n%d n%d for %.3f s (%d)"
        .formatted(at / 1e9, kind, a, b, nanos / 1e9, draw);
  }
}
