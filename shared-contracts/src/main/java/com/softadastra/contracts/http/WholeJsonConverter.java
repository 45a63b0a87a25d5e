package com.softadastra.contracts.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.core.ResolvableType;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpOutputMessage;
import org.springframework.http.MediaType;
import org.springframework.http.converter.json.JacksonJsonHttpMessageConverter;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes an answer's JSON whole and with its length, so that head and body leave in one packet; in
 * chunks it would take two, and the caller would read twice.
 */
final class WholeJsonConverter extends JacksonJsonHttpMessageConverter {
  private static final int USUAL_BYTES = 1024;

  WholeJsonConverter(JsonMapper json) {
    super(json);
  }

  /** Bytes are JSON already, which is for the converter behind this one. */
  @Override
  public boolean canWrite(ResolvableType type, Class<?> valueType, @Nullable MediaType mediaType) {
    return valueType != byte[].class && super.canWrite(type, valueType, mediaType);
  }

  @Override
  protected void writeInternal(
      Object object,
      ResolvableType type,
      HttpOutputMessage answer,
      @Nullable Map<String, Object> hints)
      throws IOException {
    var whole = new ByteArrayOutputStream(USUAL_BYTES);
    super.writeInternal(object, type, new Buffered(answer.getHeaders(), whole), hints);
    answer.getHeaders().setContentLength(whole.size());
    whole.writeTo(answer.getBody());
  }

  /** Where the body gathers. */
  private record Buffered(HttpHeaders headers, OutputStream body) implements HttpOutputMessage {
    @Override
    public HttpHeaders getHeaders() {
      return headers;
    }

    @Override
    public OutputStream getBody() {
      return body;
    }
  }
}
