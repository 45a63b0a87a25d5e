package com.softadastra.sync.peer;

import com.softadastra.contracts.Incarnation;
import com.softadastra.disk.CrashSite;
import com.softadastra.disk.ModelDisk;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.guard.GuardSettings;
import com.softadastra.sync.storage.Birth;
import com.softadastra.sync.storage.RecordingSettings;
import com.softadastra.sync.storage.Storage;
import java.time.InstantSource;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.jpa.repository.config.EnableJpaRepositories;
import org.springframework.transaction.PlatformTransactionManager;

class JpaPeerStoreIT extends PeerStoreContract {
  private ModelDisk disk;
  private int lives;
  private ConfigurableApplicationContext context;

  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @EntityScan(basePackageClasses = PeerEntity.class)
  @EnableJpaRepositories(basePackageClasses = PeerRepository.class)
  static class Node {
    @Bean(destroyMethod = "close")
    Storage storage(@Value("${disk}") String disk) {
      return Storage.open(
          disk + ":/db",
          new NodeKey(new byte[NodeKey.SEED_BYTES]),
          found ->
              new Birth(
                  found
                      .map(each -> each.incarnation())
                      .orElse(Incarnation.of(new byte[Incarnation.BYTES])),
                  0),
          RecordingSettings.DEFAULT,
          GuardSettings.production(),
          InstantSource.system(),
          () -> Long.MAX_VALUE,
          (file, cause) -> {
            throw new AssertionError(file, cause);
          });
    }

    @Bean
    DataSource dataSource(Storage storage) {
      return storage.database().dataSource();
    }

    @Bean
    PeerStore peerStore(
        PeerRepository peers,
        LaneRepository lanes,
        CustodyRepository custody,
        RelayDutyRepository duties,
        PlatformTransactionManager transactions) {
      return new PeerConfiguration().peerStore(peers, lanes, custody, duties, transactions);
    }
  }

  @BeforeEach
  void start() {
    open(ModelDisk.register("peers0"));
  }

  private void open(ModelDisk on) {
    disk = on;
    disk.beginRecording();
    context =
        new SpringApplicationBuilder(Node.class)
            .web(WebApplicationType.NONE)
            .properties(
                "spring.jpa.hibernate.ddl-auto=none",
                "spring.main.banner-mode=off",
                "disk=" + disk.scheme())
            .run();
  }

  @AfterEach
  void end() {
    context.close();
    disk.close();
  }

  @Override
  void change(Consumer<PeerStore> change) {
    var store = context.getBean(PeerStore.class);
    context
        .getBean(Storage.class)
        .recording()
        .administer(() -> {
          change.accept(store);
          return true;
        })
        .orTimeout(30, TimeUnit.SECONDS)
        .join();
  }

  @Override
  PeerStore afterPowerFailure() {
    var site = disk.crashSite();
    site.advanceTo(disk.position());
    var left = site.image(CrashSite.Kind.DROPPED, new Random(0));
    end();
    open(ModelDisk.register("peers" + ++lives, left));
    return context.getBean(PeerStore.class);
  }
}
