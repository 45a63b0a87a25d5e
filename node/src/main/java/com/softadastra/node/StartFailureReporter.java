package com.softadastra.node;

import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.boot.web.server.PortInUseException;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/**
 * Says in one sentence on standard error why the application didn't start. The whole story goes to
 * the log file alone.
 */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class StartFailureReporter implements SpringBootExceptionReporter {
  private static final String PRODUCT = "com.softadastra.";

  @Override
  public boolean reportException(Throwable failure) {
    LoggerFactory.getLogger(StartFailureReporter.class).error("the node did not start", failure);
    System.err.println(sentence(failure));
    return true;
  }

  /** The product's own words where it has any, else what is known of the innermost cause. */
  static String sentence(Throwable failure) {
    var innermost = failure;
    for (var each = failure; each != null; each = each.getCause()) {
      if (each.getClass().getName().startsWith(PRODUCT)) {
        return line(each);
      }
      if (each instanceof PortInUseException taken) {
        return "Port " + taken.getPort() + " is in use by another process.";
      }
      innermost = each;
    }
    return "The node did not start: " + line(innermost) + ".";
  }

  private static String line(Throwable failure) {
    String message = failure.getMessage();
    return message == null || message.isBlank()
        ? failure.getClass().getSimpleName()
        : message.lines().findFirst().orElse("").strip();
  }
}
