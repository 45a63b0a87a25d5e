package com.softadastra.simulation.judge;

import com.softadastra.engine.session.Frame;

/**
 * What the other end of a connection understands: as long as it has not said hello, what each
 * version that is still spoken has, and then what the version has that it names.
 */
final class Understood {
  private static final int LEAST_VERSION = 2;
  private static final int AGAIN_VERSION = 3;
  private static final int PARTS_VERSION = 4;

  private int version = LEAST_VERSION;
  private boolean greeted;

  /** The other end's next frame has come. */
  void received(Frame frame) {
    if (frame instanceof Frame.Hello hello && !greeted) {
      greeted = true;
      version = hello.greatestVersion();
    }
  }

  boolean has(Frame frame) {
    return since(frame) <= version;
  }

  /** The first version that has frames of that kind. */
  private static int since(Frame frame) {
    return switch (frame) {
      case Frame.Hello _,
          Frame.MembershipKnown _,
          Frame.Summary _,
          Frame.Entries _,
          Frame.Acknowledged _,
          Frame.Refusal _,
          Frame.Bye _,
          Frame.Trace _,
          Frame.Taken _,
          Frame.Heard _ ->
          LEAST_VERSION;
      case Frame.Wanted _, Frame.Again _ -> AGAIN_VERSION;
      case Frame.SummaryPart _ -> PARTS_VERSION;
    };
  }
}
