package com.softadastra.guard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.softadastra.guard.JournalRecord.Checkpoint;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class JournalRecordTest {

  private static final UUID GUARD = new UUID(0x0102030405060708L, 0x090A0B0C0D0E0F10L);

  private static ByteBuffer record() {
    PendingRecord pending = new PendingRecord(4096);
    pending.write(8192, ByteBuffer.wrap("chunk".getBytes(StandardCharsets.US_ASCII)));
    pending.truncate(12288);
    return pending.seal(GUARD, 3, 77, new Checkpoint(2, new Witness(16384, 4096, 0xCAFEBABE)));
  }

  private static ByteBuffer unpadded() {
    ByteBuffer record = record();
    return record.slice(0, (int) JournalRecord.claimedLength(record));
  }

  @Test
  void keepsItsBytes() {
    ByteBuffer record = unpadded();
    byte[] bytes = new byte[record.remaining()];
    record.get(bytes);

    assertThat(HexFormat.of().withUpperCase().formatHex(bytes))
        .isEqualTo(
            "5344474A" // magic
                + "00000001" // format version
                + "0102030405060708090A0B0C0D0E0F10" // guard id
                + "0000000000000003" // generation
                + "000000000000004D" // sequence
                + "0000000000000002" // checkpointed
                + "0000000000004000" // witness position
                + "00001000" // witness length
                + "CAFEBABE" // witness checksum
                + "00000002" // operations
                + "0000001D" // body length
                + "6328C6A0" // CRC32C
                + "0000000000002000"
                + "00000005"
                + "6368756E6B" // "chunk"
                + "0000000000003000"
                + "FFFFFFFF");
  }

  private static ByteBuffer replacement() {
    PendingRecord pending = new PendingRecord(4096);
    pending.replace(new Operation.Replacement(12_320, 0xDEADBEEF));
    ByteBuffer record =
        pending.seal(GUARD, 4, 78, new Checkpoint(3, new Witness(16384, 4096, 0xCAFEBABE)));
    return record.slice(0, (int) JournalRecord.claimedLength(record));
  }

  @Test
  void keepsTheBytesOfAReplacement() {
    ByteBuffer record = replacement();
    byte[] body = new byte[record.remaining() - JournalRecord.HEADER];
    record.get(JournalRecord.HEADER, body);

    assertThat(HexFormat.of().withUpperCase().formatHex(body))
        .isEqualTo(
            "0000000000003020" // length of the shadow's file
                + "FFFFFFFE"
                + "DEADBEEF"); // its checksum
    JournalRecord read = JournalRecord.read(record);
    assertThat(read).isNotNull();
    assertThat(read.operations()).containsExactly(new Operation.Replacement(12_320, 0xDEADBEEF));
  }

  @Test
  void refusesAnOperationItDoesNotKnow() {
    ByteBuffer record = replacement();
    record.putInt(JournalRecord.HEADER + 8, -3);
    record.putInt(72, JournalRecord.checksum(record));

    assertThatThrownBy(() -> JournalRecord.read(record))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("operation 0 is out of bounds");
  }

  @Test
  void isReadAsItWasWritten() {
    JournalRecord read = JournalRecord.read(unpadded());

    assertThat(read).isNotNull();
    assertThat(read.guard()).isEqualTo(GUARD);
    assertThat(read.generation()).isEqualTo(3);
    assertThat(read.sequence()).isEqualTo(77);
    assertThat(read.checkpoint())
        .isEqualTo(new Checkpoint(2, new Witness(16384, 4096, 0xCAFEBABE)));
    assertThat(read.length()).isEqualTo(4096);
    assertThat(read.operations())
        .containsExactly(
            new Operation.Write(8192, ByteBuffer.wrap("chunk".getBytes(StandardCharsets.US_ASCII))),
            new Operation.Truncation(12288));
  }

  @Test
  void isPaddedWithZerosWhateverLayThereBefore() {
    PendingRecord pending = new PendingRecord(4096);
    byte[] ones = new byte[20_000];
    Arrays.fill(ones, (byte) 1);
    pending.write(0, ByteBuffer.wrap(ones));
    pending.clear();
    pending.truncate(5);
    ByteBuffer record = pending.seal(GUARD, 1, 1, new Checkpoint(0, Witness.NONE));

    assertThat(record.remaining()).isEqualTo(4096);
    for (int i = JournalRecord.HEADER + JournalRecord.OPERATION_HEADER; i < 4096; i++) {
      assertThat(record.get(i)).isZero();
    }
  }

  @Test
  void isNotReadWithAnyByteChanged() {
    int length = unpadded().remaining();
    for (int i = 0; i < length; i++) {
      ByteBuffer record = unpadded();
      record.put(i, (byte) (record.get(i) ^ 0x40));
      assertThat(JournalRecord.read(record)).as("byte %d", i).isNull();
    }
  }

  @Test
  void refusesAnotherFormatVersion() {
    ByteBuffer record = unpadded();
    record.putInt(4, 2);
    record.putInt(72, JournalRecord.checksum(record));

    assertThatThrownBy(() -> JournalRecord.read(record))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void growsWithWhatIsWritten() {
    PendingRecord pending = new PendingRecord(4096);
    byte[] bytes = new byte[1 << 20];
    for (int i = 0; i < 5; i++) {
      Arrays.fill(bytes, (byte) i);
      pending.write(i * 10L, ByteBuffer.wrap(bytes));
    }
    ByteBuffer record = pending.seal(GUARD, 1, 1, new Checkpoint(0, Witness.NONE));
    JournalRecord read =
        JournalRecord.read(record.slice(0, (int) JournalRecord.claimedLength(record)));

    assertThat(read).isNotNull();
    assertThat(read.operations()).isEqualTo(pending.operations()).hasSize(5);
    assertThat(((Operation.Write) read.operations().get(4)).bytes().get(0)).isEqualTo((byte) 4);
  }
}
