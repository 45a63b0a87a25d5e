package com.softadastra.contracts.suite;

import static com.softadastra.contracts.suite.Samples.PROBLEM;
import static com.softadastra.contracts.suite.Samples.TEXT;

import com.softadastra.contracts.Refused;
import com.softadastra.contracts.web.FieldLine;
import com.softadastra.contracts.web.ResponsePart;
import com.softadastra.contracts.web.WebReads;
import com.softadastra.contracts.web.WebRequest;
import java.util.List;

/** Calls of {@link WebReads}. */
final class WebCases {
  private static final WebRequest REQUEST =
      new WebRequest(
          "GET",
          "/cache/docs/%2e%3B",
          TEXT,
          List.of(
              new FieldLine("If-None-Match", "\"a\""),
              new FieldLine("x-a", ""),
              new FieldLine("X-A", "\u00ff, " + TEXT)),
          "HTTP/1.0",
          "https",
          "2001:db8::1");

  private static final WebRequest PLAIN =
      new WebRequest("HEAD", "/", null, List.of(), "HTTP/1.1", "http", "127.0.0.1");

  private WebCases() {}

  static List<ContractCase<WebReads>> all() {
    var head =
        new ResponsePart.Head(
            206,
            List.of(new FieldLine("ETag", TEXT), new FieldLine("Set-Cookie", "")),
            Long.MAX_VALUE);
    return List.of(
        ContractCase.ofStream(
            "read",
            List.of(
                ResponsePart.of(head),
                ResponsePart.of(new byte[] {-1}),
                ResponsePart.of(new byte[0]),
                ResponsePart.of(Samples.bytes(300_000, 7))),
            to -> to.read(REQUEST),
            REQUEST),
        ContractCase.ofStream(
            "read",
            List.of(ResponsePart.of(new ResponsePart.Head(304, List.of(), -1))),
            to -> to.read(PLAIN),
            PLAIN),
        ContractCase.ofFailingStream("read", new Refused(PROBLEM), to -> to.read(PLAIN), PLAIN));
  }
}
