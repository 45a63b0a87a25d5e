package com.softadastra.gateway.identity;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** Shows the transport's identity as it is at the time of a handshake, to whoever asks. */
final class TransportKeys extends X509ExtendedKeyManager {
  private static final String ALIAS = "transport";

  private final Supplier<Optional<TransportIdentity>> identity;

  TransportKeys(Supplier<Optional<TransportIdentity>> identity) {
    this.identity = identity;
  }

  private @Nullable String alias(String... keyTypes) {
    boolean asked =
        Arrays.stream(keyTypes).anyMatch(type -> type.equals("EdDSA") || type.equals("Ed25519"));
    return asked && identity.get().isPresent() ? ALIAS : null;
  }

  private static String[] aliases(@Nullable String alias) {
    return alias == null ? new String[0] : new String[] {alias};
  }

  @Override
  public @Nullable String chooseEngineClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return alias(keyTypes);
  }

  @Override
  public @Nullable String chooseEngineServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
    return alias(keyType);
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return alias(keyTypes);
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return alias(keyType);
  }

  @Override
  public String[] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return aliases(alias(keyType));
  }

  @Override
  public String[] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return aliases(alias(keyType));
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    return identity.get().map(own -> own.chain().toArray(X509Certificate[]::new)).orElse(null);
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(String alias) {
    return identity.get().map(TransportIdentity::key).orElse(null);
  }
}
