package com.softadastra.contracts.http;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.json.JsonReader;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import org.apache.catalina.connector.ClientAbortException;
import org.apache.coyote.BadRequestException;
import org.springframework.util.unit.DataSize;

/** Reads the body of a request. */
public final class JsonBody {
  private JsonBody() {}

  /**
   * The body as one JSON object.
   *
   * @throws Refused {@code document-too-large} beyond the limit, without reading further, and
   *     {@code malformed-json} for anything but one object
   */
  public static Json.Obj object(HttpServletRequest request, DataSize limit) throws IOException {
    try {
      return JsonReader.object(bytes(request, limit));
    } catch (JsonReader.MalformedJson e) {
      throw new Refused(ProblemCode.MALFORMED_JSON, String.valueOf(e.getMessage()));
    }
  }

  /**
   * The body as it came; empty where there is none.
   *
   * @throws Refused {@code document-too-large} beyond the limit, without reading further
   */
  public static byte[] bytes(HttpServletRequest request, DataSize limit) throws IOException {
    if (request.getContentLengthLong() > limit.toBytes()) {
      throw tooLarge(limit);
    }
    byte[] bytes;
    try {
      bytes = request.getInputStream().readNBytes(Math.toIntExact(limit.toBytes() + 1));
    } catch (ClientAbortException e) {
      throw e;
    } catch (BadRequestException e) {
      throw new Refused(ProblemCode.INVALID_REQUEST, "the body is not framed as HTTP frames it");
    }
    if (bytes.length > limit.toBytes()) {
      throw tooLarge(limit);
    }
    return bytes;
  }

  private static Refused tooLarge(DataSize limit) {
    return new Refused(
        Problem.of(
                ProblemCode.DOCUMENT_TOO_LARGE,
                "a request's body may have " + limit.toBytes() + " bytes")
            .with("limit", Long.toString(limit.toBytes())));
  }
}
