package com.softadastra.simulation.world;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.softadastra.simulation.judge.Judge;
import org.jspecify.annotations.Nullable;

/** Reads what the product logs: an error in its log is a violation of its own. */
public final class LogWitness extends AppenderBase<ILoggingEvent> implements AutoCloseable {
  private static final ThreadLocal<@Nullable Judge> JUDGE = new ThreadLocal<>();

  static LogWitness of(Judge judge) {
    JUDGE.set(judge);
    return new LogWitness();
  }

  @Override
  public void close() {
    JUDGE.remove();
  }

  @Override
  protected void append(ILoggingEvent event) {
    var judge = JUDGE.get();
    if (judge == null || !event.getLevel().isGreaterOrEqual(Level.WARN)) {
      return;
    }
    var thrown = event.getThrowableProxy();
    if (event.getLevel().isGreaterOrEqual(Level.ERROR) || thrown != null) {
      judge.broken(
          "log",
          event.getFormattedMessage()
              + (thrown == null
                  ? ""
                  : ": "
                      + thrown.getClassName()
                      + ": "
                      + thrown.getMessage()
                      + " at "
                      + (thrown.getStackTraceElementProxyArray().length == 0
                          ? "nowhere"
                          : thrown.getStackTraceElementProxyArray()[0])));
    }
  }
}
