package com.softadastra.engine.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.contracts.Hash;
import com.softadastra.contracts.SpaceId;
import com.softadastra.engine.cbor.CborReader.Malformed;
import com.softadastra.engine.space.BatchCheck.Offered;
import java.util.List;
import org.junit.jupiter.api.Test;

class FrameTest {
  private static final byte[] PACKED =
      new Frame.Entries(new SpaceId(Hash.ZERO), List.of(new Offered(new byte[2000], null)))
          .encode();

  @Test
  void aBatchIsPacked() {
    assertThat(PACKED.length).isLessThan(500);
    assertThat(Frame.decode(PACKED)).isInstanceOf(Frame.Entries.class);
  }

  @Test
  void whateverIsDamagedIsMalformedOrAnotherFrame() {
    int malformed = 0;
    for (int at = 0; at < PACKED.length; at++) {
      for (int bit = 0; bit < 8; bit++) {
        var damaged = PACKED.clone();
        damaged[at] ^= (byte) (1 << bit);
        try {
          Frame.decode(damaged);
        } catch (Malformed e) {
          malformed++;
        }
      }
    }
    assertThat(malformed).isPositive();
  }

  @Test
  void aBatchThatIsCutShortIsMalformed() {
    var damaged = PACKED.clone();
    damaged[PACKED.length - 5] ^= 0x55;
    damaged[PACKED.length - 12] ^= 0x55;
    assertThatThrownBy(() -> Frame.decode(damaged)).isInstanceOf(Malformed.class);
  }
}
