package com.softadastra.contracts.http;

import java.net.InetAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Who may call this service.
 *
 * @param token the bearer token that callers show; without one only a service that is reached over
 *     loopback alone starts. A blank one counts as none
 * @param published the loopback address under which callers reach a service that is bound
 *     elsewhere, as a container is whose port the host publishes on its own loopback. The service
 *     then counts as bound to this address: no token is demanded, and {@code Host} must be a
 *     loopback name. It is a promise about the network around the process, which the process can't
 *     check
 */
@ConfigurationProperties("softadastra.access")
record AccessProperties(@Nullable String token, @Nullable InetAddress published) {
  AccessProperties {
    if (published != null && !published.isLoopbackAddress()) {
      throw new AccessNotConfigured(
          "softadastra.access.published must be a loopback address such as 127.0.0.1, not "
              + published.getHostAddress()
              + ".");
    }
  }

  Optional<String> demandedToken() {
    return Optional.ofNullable(token).filter(text -> !text.isBlank());
  }

  @Override
  public String toString() {
    return "AccessProperties[published=" + published + "]";
  }
}
