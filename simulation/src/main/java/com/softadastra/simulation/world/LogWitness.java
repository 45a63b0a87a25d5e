package com.softadastra.simulation.world;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Reads what the product logs: an error in its log is a violation of its own. */
public final class LogWitness extends AppenderBase<ILoggingEvent> implements AutoCloseable {
  private static final ThreadLocal<@Nullable BiConsumer<String, String>> JUDGE =
      new ThreadLocal<>();

  /**
   * @param judge is told of an invariant that broke, and how
   */
  public static LogWitness of(BiConsumer<String, String> judge) {
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
