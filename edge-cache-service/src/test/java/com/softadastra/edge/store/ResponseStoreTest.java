package com.softadastra.edge.store;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResponseStoreTest {
  @Test
  void anEmptyBodyEndsNoSoonerThanItsOriginsAnswer(@TempDir Path directory) throws IOException {
    try (var store = ResponseStore.open(directory, 1 << 20, 1 << 10, _ -> true)) {
      var incoming = store.begin(0).orElseThrow();
      try (var reader = incoming.reader()) {
        store.abort(incoming, new IOException("broke off"));
        assertThatThrownBy(() -> reader.copy(OutputStream.nullOutputStream(), 0, 0))
            .isInstanceOf(Body.Broken.class);
      }
    }
  }
}
