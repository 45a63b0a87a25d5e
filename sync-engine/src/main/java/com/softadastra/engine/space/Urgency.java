package com.softadastra.engine.space;

import com.softadastra.contracts.documents.Priority;
import com.softadastra.engine.log.LoggedEntry;

/**
 * How urgent what a space's log has is. An entry is sent with all before it, so one that is urgent
 * makes them so too.
 *
 * @param urgent the position of the last urgent entry, 0 where there is none
 * @param normal of the last one that is not bulk
 */
public record Urgency(long urgent, long normal) {
  public static final Urgency NONE = new Urgency(0, 0);

  /** What there is to send beyond a position, by its most urgent entry. */
  public Priority beyond(long position) {
    if (urgent > position) {
      return Priority.URGENT;
    }
    return normal > position ? Priority.NORMAL : Priority.BULK;
  }

  Urgency with(LoggedEntry logged) {
    var intent = logged.entry().intent();
    var priority = intent == null ? Priority.NORMAL : intent.priority();
    return switch (priority) {
      case URGENT -> new Urgency(logged.position(), logged.position());
      case NORMAL -> new Urgency(urgent, logged.position());
      case BULK -> this;
    };
  }
}
