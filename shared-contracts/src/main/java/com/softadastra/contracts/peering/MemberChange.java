package com.softadastra.contracts.peering;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a member is to be.
 *
 * @param role null for the one that it has
 * @param labels in any order, each once; null for those that it has
 */
public record MemberChange(@Nullable Role role, @Nullable List<String> labels) {
  public MemberChange {
    labels = labels == null ? null : List.copyOf(labels);
  }
}
