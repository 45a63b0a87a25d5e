package com.softadastra.edge.forward;

import com.softadastra.edge.database.EdgeDatabase.Repair;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * Brings kept requests in order of which some rows are missing: what belongs to none goes, as the
 * next may get its number. One that has nothing to be sent is parked when its turn comes.
 */
public final class ForwardRepair implements Repair {
  private static final String OF_NONE =
      """
      delete from forward_request r where not exists (select 1 from forward f where f.number = r.number);
      delete from forward_answer a where not exists (select 1 from forward f where f.number = a.number);
      """;

  @Override
  public void on(Connection connection) throws SQLException {
    try (var statement = connection.createStatement()) {
      statement.execute(OF_NONE);
    }
  }
}
