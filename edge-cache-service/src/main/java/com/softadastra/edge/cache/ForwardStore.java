package com.softadastra.edge.cache;

import java.util.Optional;

/**
 * Takes requests that change something at an origin that can't be reached, to deliver them once it
 * can.
 */
public interface ForwardStore {
  /** A field that names what a request is in order with; it goes no further. */
  String ORDER = "Softadastra-Order-Key";

  /** A body in memory, which counts towards what may be there until it is closed. */
  interface Held extends AutoCloseable {
    byte[] bytes();

    @Override
    void close();
  }

  /** Takes none. */
  ForwardStore NONE =
      new ForwardStore() {
        @Override
        public Optional<Answer> instead(ClientRequest request) {
          return Optional.empty();
        }

        @Override
        public Optional<Held> body(ClientRequest request) {
          return Optional.empty();
        }

        @Override
        public Answer keep(ClientRequest request, Optional<byte[]> body, NoAnswer unreachable) {
          throw unreachable;
        }
      };

  /**
   * The answer to a request that must not go on now: it has come before, or it would overtake one
   * that is kept. Nobody has read its body.
   *
   * @throws com.softadastra.contracts.Refused where it is not what came before under its key, or
   *     there is no room for it
   */
  Optional<Answer> instead(ClientRequest request);

  /**
   * The body, read, of a request that may be sent again after it was sent in vain: its sender gave
   * it a key. Empty for others, whose body is left alone, and where it is too large to be kept.
   */
  Optional<Held> body(ClientRequest request);

  /**
   * Called where no connection could be made, and for requests with a key where no answer came.
   *
   * @param body where it was read; else it still can be
   * @param unreachable what to throw where such requests aren't taken
   * @return what the client is told, once the request is forced to disk
   * @throws com.softadastra.contracts.Refused where there is no room for it
   */
  Answer keep(ClientRequest request, Optional<byte[]> body, NoAnswer unreachable);
}
