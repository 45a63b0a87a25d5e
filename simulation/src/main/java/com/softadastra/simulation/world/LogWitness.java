package com.softadastra.simulation.world;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Reads what the product logs: an error in its log is a violation of its own. */
public final class LogWitness extends AppenderBase<ILoggingEvent> implements AutoCloseable {
  private static final ThreadLocal<@Nullable Consumer<String>> JUDGE = new ThreadLocal<>();

  /**
   * @param judge is told of what is logged and shouldn't be
   */
  public static LogWitness of(Consumer<String> judge) {
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
      judge.accept(
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
