package com.softadastra.system.benchmark;

import java.io.IOException;

/** Puts documents. */
final class PutConnection implements Subject.Client, AutoCloseable {
  private final HttpConnection connection;
  private final String collection;

  /**
   * @param collection the path up to the document's id
   */
  PutConnection(int port, String collection) throws IOException {
    this.connection = new HttpConnection(port);
    this.collection = collection;
  }

  @Override
  public void write(long number) throws IOException {
    var id = Order.id(number);
    var body = Order.body(id).text();
    var request =
        "PUT "
            + collection
            + id
            + " HTTP/1.1\r\nHost: "
            + connection.host()
            + "\r\nContent-Type: application/json\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body;
    connection.ask(request, 201);
  }

  @Override
  public void close() throws IOException {
    connection.close();
  }
}
