package com.softadastra.edge.cache;

/**
 * Takes requests that change something at an origin that can't be reached, to deliver them once it
 * can.
 */
public interface ForwardStore {
  /** Takes none. */
  ForwardStore NONE =
      (_, problem) -> {
        throw problem;
      };

  /**
   * Called where no connection could be made: the origin has seen nothing of the request, and
   * nobody has read its body.
   *
   * @param unreachable what to throw where the request isn't taken
   * @return what the client is told, once the request is forced to disk
   */
  Answer keep(ClientRequest request, NoAnswer unreachable);
}
