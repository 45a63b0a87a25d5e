package com.softadastra.system.benchmark;

import java.io.IOException;

/** Gets things by number, over and over. */
final class GetConnection implements Subject.Client, AutoCloseable {
  private final HttpConnection connection;
  private final String folder;
  private final long things;

  /**
   * @param folder the path up to a thing's number
   * @param things how many there are
   */
  GetConnection(int port, String folder, long things) throws IOException {
    this.connection = new HttpConnection(port);
    this.folder = folder;
    this.things = things;
  }

  @Override
  public void write(long number) throws IOException {
    get(number % things);
  }

  /**
   * @return the answer's head
   */
  String get(long thing) throws IOException {
    var request = "GET " + folder + thing + " HTTP/1.1\r\nHost: " + connection.host() + "\r\n\r\n";
    return connection.ask(request, 200);
  }

  @Override
  public void close() throws IOException {
    connection.close();
  }
}
