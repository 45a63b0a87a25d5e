package com.softadastra.edge.read;

import com.softadastra.contracts.Problem;
import com.softadastra.contracts.http.ProblemAnswer;
import com.softadastra.contracts.web.FieldLine;
import com.softadastra.contracts.web.ResponsePart;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;

/** Who is answered. */
public interface Recipient {
  /**
   * Called once.
   *
   * @return where the content goes; it fails where nobody takes it any more
   */
  OutputStream begin(ResponsePart.Head head) throws IOException;

  /** Answers with a problem, and with fields that say more. */
  default void refuse(Problem problem, FieldLine... more) throws IOException {
    byte[] content = ProblemAnswer.content(problem);
    begin(ProblemAnswer.head(problem, List.of(more), content.length)).write(content);
  }
}
