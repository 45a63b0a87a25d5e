package com.softadastra.sync.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.disk.ModelDisk;
import com.softadastra.guard.GuardFileSystem;
import com.softadastra.guard.GuardSettings;
import java.sql.SQLException;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which tables a database has when it is opened, and which it must not have. */
class DatabaseTest {
  private static final String FILES = "schemas:/db";

  private final ModelDisk disk = ModelDisk.register("schemas");

  @AfterEach
  void unregister() {
    disk.close();
  }

  private static Database open() {
    return Database.open(FILES, GuardSettings.production());
  }

  private static void change(String sql) throws SQLException {
    try (var database = open();
        var connection = database.connect();
        var statement = connection.createStatement()) {
      assertThat(statement.executeUpdate(sql)).isEqualTo(1);
    }
  }

  private static String newest() throws SQLException {
    try (var database = open();
        var connection = database.connect();
        var statement = connection.createStatement();
        var row =
            statement.executeQuery(
                "select max(cast(\"version\" as int)) from \"flyway_schema_history\"")) {
      row.next();
      return row.getString(1);
    }
  }

  @Test
  void olderTablesAreBroughtUpToDate() throws SQLException {
    GuardFileSystem.register(GuardSettings.production());
    Flyway.configure()
        .dataSource("jdbc:h2:guard:" + FILES, "sa", "")
        .locations("classpath:db/migration")
        .target("5")
        .load()
        .migrate();

    assertThat(newest()).isEqualTo("10");
    assertThat(newest()).isEqualTo("10");
  }

  @Test
  void whatNewerSoftwareWroteIsNotOpened() throws SQLException {
    change(
        """
        insert into "flyway_schema_history"
        select "installed_rank" + 1, '10.1', 'later', "type", 'V10.1__later.sql', 0, "installed_by",
          "installed_on", 0, true
        from "flyway_schema_history" where "version" = '10'
        """);

    assertThatThrownBy(DatabaseTest::open)
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("newer version of Softadastra (schema 10.1,");
  }

  @Test
  void halfAMigrationIsNotTakenForAWholeOne() throws SQLException {
    change("update \"flyway_schema_history\" set \"success\" = false where \"version\" = '10'");

    assertThatThrownBy(DatabaseTest::open)
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("failed migration");
  }
}
