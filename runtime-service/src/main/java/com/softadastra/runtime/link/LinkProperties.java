package com.softadastra.runtime.link;

import com.softadastra.contracts.link.LinkAddress;
import com.softadastra.contracts.link.LinkSecret;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The local link to the sync engine.
 *
 * @param sync where the engine listens, {@code host:port}
 * @param secretFile holds what the layers of one site share; without it the engine must serve
 *     loopback without a secret
 */
@ConfigurationProperties("softadastra.link")
record LinkProperties(@DefaultValue("127.0.0.1:7601") String sync, @Nullable Path secretFile) {
  LinkProperties {
    LinkAddress.parse(sync);
  }

  LinkAddress address() {
    return LinkAddress.parse(sync);
  }

  LinkSecret secret() {
    return secretFile == null ? LinkSecret.none() : LinkSecret.inFile(secretFile);
  }
}
