package com.softadastra.gateway.mesh.rsocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.rsocket.DuplexConnection;
import io.rsocket.RSocketErrorException;
import io.rsocket.exceptions.ConnectionErrorException;
import io.rsocket.frame.FrameHeaderCodec;
import java.net.SocketAddress;
import java.util.function.BooleanSupplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A connection that carries one request. RSocket puts fragments together before anybody is asked
 * whether the request is welcome; a stranger could fill the memory that way. So a second stream
 * ends the connection, and so does an opening that is too long. Belongs to the connection's event
 * loop.
 */
final class SingleStream implements DuplexConnection {
  private final DuplexConnection connection;
  private final BooleanSupplier open;
  private int openingBytes;
  private boolean ended;

  /**
   * @param open whether the request has been put together and handed on
   */
  SingleStream(DuplexConnection connection, BooleanSupplier open) {
    this.connection = connection;
    this.open = open;
  }

  /** Frames that arrive; none after the one that ended the connection. */
  @Override
  public Flux<ByteBuf> receive() {
    return connection.receive().filter(this::passes);
  }

  private boolean passes(ByteBuf frame) {
    int stream = FrameHeaderCodec.streamId(frame);
    if (stream != 0 && stream != MeshProtocol.STREAM) {
      end("a mesh connection carries one request");
    } else if (!open.getAsBoolean()) {
      openingBytes += frame.readableBytes();
      if (openingBytes > MeshProtocol.MAX_OPENING) {
        end("the request is too long");
      }
    }
    return !ended;
  }

  private void end(String reason) {
    if (!ended) {
      ended = true;
      connection.sendErrorAndClose(new ConnectionErrorException(reason));
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
