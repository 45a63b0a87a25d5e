package com.softadastra.gateway.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.NodeId;
import org.junit.jupiter.api.Test;

class ConnectionCountTest {
  private final NodeId one = new NodeId(Hash.sha256(new byte[] {1}));
  private final NodeId other = new NodeId(Hash.sha256(new byte[] {2}));

  @Test
  void allPlacesTakenIsFull() {
    var count = new ConnectionCount(2, 2);

    assertThat(count.enter()).isTrue();
    assertThat(count.enter()).isTrue();
    assertThat(count.enter()).isFalse();
    count.leave();
    assertThat(count.enter()).isTrue();
  }

  @Test
  void nodeHasItsShareWhateverOthersHave() {
    var count = new ConnectionCount(10, 2);

    assertThat(count.enter(one)).isTrue();
    assertThat(count.enter(one)).isTrue();
    assertThat(count.enter(one)).isFalse();
    assertThat(count.enter(other)).isTrue();
    count.leave(one);
    assertThat(count.enter(one)).isTrue();
    assertThat(count.enter(one)).isFalse();
  }
}
