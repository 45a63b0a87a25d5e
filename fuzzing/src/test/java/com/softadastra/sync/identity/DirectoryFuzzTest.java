package com.softadastra.sync.identity;

import static com.softadastra.fuzz.Bytes.utf8;

import com.softadastra.contracts.Base32;
import com.softadastra.contracts.suite.Samples;
import com.softadastra.engine.log.Signatures.NodeKey;
import com.softadastra.fuzz.Bytes;
import com.softadastra.fuzz.Fuzzing;
import com.softadastra.fuzz.Mutator.Form;
import com.softadastra.fuzz.Target;
import com.softadastra.sync.storage.Birth;
import com.softadastra.sync.storage.Found;
import com.softadastra.sync.storage.StorageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

class DirectoryFuzzTest {
  private static final Found FOUND = new Found(Samples.INCARNATION, 3, 70);

  @TempDir Path folder;
  private DataDirectory directory;

  // the lines of the incarnation's file that are true here alone; inputs have words instead
  private String machine;
  private String file;

  @TestFactory
  Stream<DynamicTest> decoders() throws IOException {
    directory = DataDirectory.open(folder);
    Files.createFile(folder.resolve("db/softadastra.mv.db"));
    incarnations().note(FOUND);
    var noted = Files.readString(folder.resolve("incarnation"));
    machine = noted.lines().filter(line -> line.startsWith("machine=")).findFirst().orElseThrow();
    file = noted.lines().filter(line -> line.startsWith("file=")).findFirst().orElseThrow();
    var anywhere = noted.replace(machine, "MACHINE").replace(file, "FILE");
    return Fuzzing.of(
        Target.of(
                "node-key",
                Form.TEXT,
                List.of(utf8("softadastra-node-key-1 " + Base32.encode(new byte[32]) + "\n")),
                this::key)
            .refusingWith(StorageException.class)
            .allocating(64 << 10, 0)
            .checking((key, input) ->
                Bytes.same(
                    utf8(Bytes.text(input).strip()),
                    utf8("softadastra-node-key-1 " + Base32.encode(key.seed())))),
        Target.of("incarnation-file", Form.TEXT, List.of(utf8(anywhere)), this::birth)
            .refusingWith(StorageException.class)
            .upTo(8 << 10)
            // most of it for the lines that take the place of words
            .allocating(512 << 10, 32));
  }

  @AfterEach
  void closes() {
    directory.close();
  }

  private FiledIncarnations incarnations() {
    return new FiledIncarnations(directory, new Random(1), InstantSource.system());
  }

  private NodeKey key(byte[] input) throws IOException {
    Files.write(folder.resolve("node.key"), input);
    return directory.key();
  }

  private Birth birth(byte[] input) throws IOException {
    var here = Bytes.text(input).replace("MACHINE", machine).replace("FILE", file);
    Files.writeString(folder.resolve("incarnation"), here);
    return incarnations().birth(Optional.of(FOUND));
  }
}
