package com.softadastra.system.functions;

import com.softadastra.contracts.documents.ConflictView;
import com.softadastra.contracts.json.Json;
import com.softadastra.runtime.resolvers.Resolver;
import java.util.Comparator;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.context.annotation.Bean;

/** The longest of several texts; what was deleted is for people, and an odd text is a mistake. */
public final class Longest implements Resolver {
  /** Found by its name in the jar. */
  @AutoConfiguration
  public static class Configuration {
    @Bean
    Resolver longest() {
      return new Longest();
    }
  }

  @Override
  public String name() {
    return "longest";
  }

  @Override
  public Verdict resolve(Dispute dispute) {
    if (dispute.sides().stream().anyMatch(ConflictView.Side::deleted)) {
      return new Verdict.LeftOpen("one has deleted it");
    }
    return dispute.sides().stream()
        .map(ConflictView.Side::body)
        .max(Comparator.comparingInt(body -> length(body.read())))
        .<Verdict>map(Verdict.Becomes::new)
        .orElseThrow();
  }

  private static int length(Json.Obj body) {
    if (body.get("text") instanceof Json.Str(var text)) {
      return text.length();
    }
    throw new IllegalArgumentException("there is no text");
  }
}
