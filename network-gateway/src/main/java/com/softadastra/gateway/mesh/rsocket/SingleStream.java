package com.softadastra.gateway.mesh.rsocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.rsocket.DuplexConnection;
import io.rsocket.RSocketErrorException;
import io.rsocket.exceptions.ConnectionErrorException;
import io.rsocket.frame.FrameHeaderCodec;
import java.net.SocketAddress;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A connection that carries one request. RSocket puts fragments together before anybody is asked
 * whether the request is welcome; a stranger with many streams could fill the memory that way, so
 * the second stream ends the connection.
 */
record SingleStream(DuplexConnection connection) implements DuplexConnection {
  @Override
  public Flux<ByteBuf> receive() {
    return connection.receive().doOnNext(this::check);
  }

  private void check(ByteBuf frame) {
    int stream = FrameHeaderCodec.streamId(frame);
    if (stream != 0 && stream != MeshProtocol.STREAM) {
      connection.sendErrorAndClose(
          new ConnectionErrorException("a mesh connection carries one request"));
    }
  }

  @Override
  public void sendFrame(int streamId, ByteBuf frame) {
    connection.sendFrame(streamId, frame);
  }

  @Override
  public void sendErrorAndClose(RSocketErrorException error) {
    connection.sendErrorAndClose(error);
  }

  @Override
  public ByteBufAllocator alloc() {
    return connection.alloc();
  }

  @Override
  public SocketAddress remoteAddress() {
    return connection.remoteAddress();
  }

  @Override
  public Mono<Void> onClose() {
    return connection.onClose();
  }

  @Override
  public void dispose() {
    connection.dispose();
  }

  @Override
  public boolean isDisposed() {
    return connection.isDisposed();
  }

  @Override
  public double availability() {
    return connection.availability();
  }
}
