package com.softadastra.contracts.documents;

import com.softadastra.contracts.json.JsonText;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of documents.
 *
 * @param next where the next page starts after; null at the end
 */
public record DocumentPage(List<Row> documents, @Nullable String next) {
  public record Row(String id, String version, JsonText body) {}
}
