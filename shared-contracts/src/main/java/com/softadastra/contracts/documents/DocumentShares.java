package com.softadastra.contracts.documents;

import java.math.BigDecimal;
import java.util.List;

/** Who holds how much of a document's divided amounts. */
public record DocumentShares(List<Divided> shares) {
  public DocumentShares {
    shares = List.copyOf(shares);
  }

  /**
   * One field's amount.
   *
   * @param undivided what was there before the field was declared so, and nobody can spend
   * @param held in the order of replicas; those that hold nothing any more are left out
   */
  public record Divided(String field, BigDecimal amount, BigDecimal undivided, List<Share> held) {
    public Divided {
      held = List.copyOf(held);
    }
  }

  /** What one replica holds, what was moved to it included. */
  public record Share(Holder holder, BigDecimal amount) {}
}
