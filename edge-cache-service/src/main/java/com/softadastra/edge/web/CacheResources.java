package com.softadastra.edge.web;

import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.web.FieldLine;
import com.softadastra.contracts.web.ResponsePart;
import com.softadastra.contracts.web.WebRequest;
import com.softadastra.edge.cache.Answer;
import com.softadastra.edge.cache.ClientRequest;
import com.softadastra.edge.cache.HttpCache;
import com.softadastra.edge.cache.NoAnswer;
import com.softadastra.edge.read.Recipient;
import com.softadastra.edge.read.Resources;
import com.softadastra.edge.store.Body;
import java.io.IOException;
import java.util.ArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code /cache/{origin}/{path}}, whoever asks. */
final class CacheResources implements Resources {
  private static final Logger LOG = LoggerFactory.getLogger(CacheResources.class);
  private static final String CACHE = "softadastra";

  /**
   * What an origin sends must not run in the name of this node, whose API trusts its own pages. It
   * is shown, but scripts and forms in it are dead.
   */
  private static final String HARMLESS = "sandbox allow-same-origin";

  private final HttpCache cache;
  private final RequestReader reader;

  CacheResources(HttpCache cache, RequestReader reader) {
    this.cache = cache;
    this.reader = reader;
  }

  @Override
  public String path() {
    return RequestReader.PATH;
  }

  @Override
  public void answer(WebRequest request, Recipient to) throws IOException {
    answer(reader.read(request), to);
  }

  /** With any method, as {@link #answer(WebRequest, Recipient)}. */
  void answer(ClientRequest request, Recipient to) throws IOException {
    try (var answer = cache.answer(request)) {
      var out = to.begin(head(answer));
      if (!request.method().equals("HEAD")) {
        answer.body().copy(out, answer.from(), answer.to());
      }
    } catch (NoAnswer none) {
      to.refuse(none.problem(), new FieldLine("Cache-Status", none.cacheStatus().member(CACHE)));
    } catch (Body.Broken broken) {
      LOG.debug("an answer broke off", broken);
      throw new Refused(ProblemCode.ORIGIN_FAILED, "the origin broke off its answer");
    }
  }

  private ResponsePart.Head head(Answer answer) {
    var fields = new ArrayList<FieldLine>();
    for (var field : answer.headers().fields()) {
      // the node says so itself
      if (!field.name().equalsIgnoreCase("X-Content-Type-Options")) {
        fields.add(new FieldLine(field.name(), field.value()));
      }
    }
    fields.add(new FieldLine("Cache-Status", answer.cacheStatus().member(CACHE)));
    fields.add(new FieldLine("Via", "1.1 " + reader.pseudonym()));
    fields.add(new FieldLine("Content-Security-Policy", HARMLESS));
    return new ResponsePart.Head(answer.status(), fields, answer.length());
  }
}
