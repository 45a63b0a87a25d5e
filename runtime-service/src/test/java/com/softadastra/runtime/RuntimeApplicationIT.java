package com.softadastra.runtime;

import static com.softadastra.runtime.RuntimeServer.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.documents.Documents;
import com.softadastra.contracts.http.RawHttp;
import com.softadastra.contracts.link.LinkAddress;
import com.softadastra.contracts.link.LinkSecret;
import com.softadastra.contracts.link.LinkServer;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.web.server.servlet.context.ServletWebServerApplicationContext;

class RuntimeApplicationIT {
  @TempDir Path folder;

  private static RawHttp.Answer send(int port, String method, String path, String body)
      throws IOException {
    return RawHttp.send(
        port,
        method
            + " "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body);
  }

  @Test
  void servesAnEngineInAnotherProcess() throws Exception {
    var secretFile = folder.resolve("secret");
    var secret = LinkSecret.inFile(secretFile);
    var engine = LinkServer.bind(LinkAddress.loopback(0), secret);
    engine.serve(Documents.class, new InMemoryDocuments());
    try (var context =
        RuntimeApplication.application()
            .run(
                "--server.port=0",
                "--softadastra.link.sync=" + engine.address(),
                "--softadastra.link.secret-file=" + secretFile)) {
      int port = ((ServletWebServerApplicationContext) context).getWebServer().getPort();
      String document = RuntimeServer.THINGS + "a";
      assertThat(send(port, "PUT", document, "{\"a\":1.00}").status()).isEqualTo(201);
      assertThat(send(port, "GET", document, "").text()).isEqualTo("{\"a\":1.00}");
      assertProblem(send(port, "GET", RuntimeServer.THINGS + "b", ""), 404, "document-unknown");
      assertThat(send(port, "GET", "/actuator/health/readiness", "").status()).isEqualTo(200);
      // nobody is asked where no edge was named
      assertThat(send(port, "GET", "/cache/docs/a", "").status()).isEqualTo(404);

      engine.close();
      assertProblem(send(port, "PUT", document, "{}"), 503, "layer-unreachable");
      assertThat(send(port, "GET", "/actuator/health/readiness", "").status()).isEqualTo(503);
      assertThat(send(port, "GET", "/actuator/health/liveness", "").status()).isEqualTo(200);
    } finally {
      engine.close();
    }
  }
}
