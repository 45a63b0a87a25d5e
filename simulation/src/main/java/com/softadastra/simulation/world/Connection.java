package com.softadastra.simulation.world;

import com.softadastra.engine.session.Frame;

/** Two wires between two processes. */
final class Connection {
  private final Network network;
  private final Station caller;
  private final Station called;
  private final Life callerLife;
  private final Life calledLife;
  private final Wire out;
  private final Wire back;
  private boolean broken;
  private boolean touched;
  private int halves;

  Connection(Network network, Station caller, Life callerLife, Station called, Life calledLife) {
    this.network = network;
    this.caller = caller;
    this.called = called;
    this.callerLife = callerLife;
    this.calledLife = calledLife;
    this.out = new Wire(network, this, caller, called, callerLife, calledLife);
    this.back = new Wire(network, this, called, caller, calledLife, callerLife);
  }

  Station caller() {
    return caller;
  }

  Station called() {
    return called;
  }

  /** From the caller. */
  Wire out() {
    return out;
  }

  /** To the caller. */
  Wire back() {
    return back;
  }

  Wire from(Station node) {
    return node == caller ? out : back;
  }

  /**
   * A frame as an end says it whose software, or that of the other end, is older: both greet each
   * other with no newer version than both speak.
   */
  byte[] asSpoken(byte[] frame) {
    return Math.min(spoken(caller), spoken(called)) < Frame.VERSION
            && Frame.decode(frame) instanceof Frame.Hello hello
        ? new Frame.Hello(
                hello.leastVersion(),
                Math.min(spoken(caller), spoken(called)),
                hello.sender(),
                hello.clock(),
                hello.name(),
                hello.addresses(),
                hello.spaces())
            .encode()
        : frame;
  }

  private static int spoken(Station end) {
    return end instanceof SimulatedNode node ? node.spoken() : Frame.VERSION;
  }

  /** Whether it is about mail, and no session. */
  boolean isMail() {
    return called.takesMail();
  }

  boolean joins(Station a, Station b) {
    return (caller == a && called == b) || (caller == b && called == a);
  }

  boolean isOf(Life life) {
    return callerLife == life || calledLife == life;
  }

  boolean touches(Station node) {
    return caller == node || called == node;
  }

  /** Something gets to one of its ends that the other has not sent. */
  void touch() {
    touched = true;
  }

  boolean isTouched() {
    return touched;
  }

  boolean isBroken() {
    return broken;
  }

  /** One wire has come to its proper end. */
  void half() {
    if (++halves == 2) {
      broken = true;
      network.gone(this);
    }
  }

  /** Both wires break, at moments of their own: what is under way may still arrive. */
  void breaks(String why) {
    if (broken) {
      return;
    }
    broken = true;
    network.gone(this);
    end(out, callerLife, why);
    end(back, calledLife, why);
  }

  private void end(Wire wire, Life sender, String why) {
    network.agenda().after(network.grace(), () -> wire.fails(why));
    network
        .agenda()
        .after(
            network.grace(),
            () -> {
              if (sender.alive()) {
                wire.drop();
              }
            });
  }
}
