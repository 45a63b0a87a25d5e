package com.softadastra.node;

import com.softadastra.node.client.NodeClient;
import com.softadastra.node.client.NodeUnreachable;
import com.softadastra.node.client.RequestRefused;
import com.softadastra.node.demo.Demo;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The command line. Results go to standard output, what went wrong to standard error in one
 * sentence; exit codes are 0 for done, 1 for failed and 2 for a mistake in the command itself.
 */
public final class Main {
  private static final int FAILED = 1;
  private static final int MISTAKEN = 2;

  private static final String DEFAULT_URL = "http://127.0.0.1:8080";

  private static final String USAGE =
      """
      softadastra up [options]             start a node
          --name NAME                      what others see, default local
          --data DIR                       where it keeps everything, default .softadastra/NAME
          --port P                         HTTP, default 8080
          --mesh-port M                    peers, default 7600
          --bind ADDRESS                   default 127.0.0.1; anything else needs a token
          --stop-with-input                stop when standard input ends
          --softadastra.SETTING=VALUE      any other setting
      softadastra demo [options]           the tour: two nodes, a cut, a crash and a proof
          --input FILE                     replay this history, plain or .gz
          --changes N                      replay no more than its first N changes
      softadastra status                   peers, lanes, what is at risk, conflicts
      softadastra invite SPACE             let another node into a space; prints the invitation
          --role reader|writer|admin       default writer
      softadastra join INVITATION          join with what invite printed
          --as NAME                        what to call the space here
      softadastra bundle export FILE       what another member lacks, sealed to it, as a file
          --to NODE                        its id, or its name
          --all                            all there is, whatever it is known to have
      softadastra bundle import FILE       take in such a file
      softadastra help                     this text

      status, invite, join and bundle ask the node at --url, default http://127.0.0.1:8080, with the token
      in --token or SOFTADASTRA_ACCESS_TOKEN where it wants one.
      """;

  private Main() {}

  public static void main(String[] arguments) {
    int code = run(List.of(arguments));
    if (code != UpCommand.RUNS_ON) {
      System.exit(code);
    }
  }

  static int run(List<String> arguments) {
    if (arguments.isEmpty()) {
      System.out.print(USAGE);
      return 0;
    }
    var rest = arguments.subList(1, arguments.size());
    if (rest.contains("--help")) {
      System.out.print(USAGE);
      return 0;
    }
    try {
      return switch (arguments.getFirst()) {
        case "up" -> UpCommand.run(rest);
        case "demo" -> demo(rest);
        case "status" -> status(rest);
        case "invite" -> invite(rest);
        case "join" -> join(rest);
        case "bundle" -> bundle(rest);
        case "help", "--help", "-h" -> {
          System.out.print(USAGE);
          yield 0;
        }
        case String unknown ->
            throw new UsageMistake(
                "There is no command \"%s\"; see: softadastra help.".formatted(unknown));
      };
    } catch (UsageMistake mistake) {
      System.err.println(mistake.getMessage());
      return MISTAKEN;
    } catch (NodeUnreachable unreachable) {
      System.err.println(
          unreachable.brokeOff()
              ? "The answer of " + unreachable.node() + " broke off, and nothing of it is kept."
              : unreachable.isAnotherServer()
                  ? "What answers at " + unreachable.node() + " is no node."
                  : "There is no answer at " + unreachable.node() + ": is the node up?");
      return FAILED;
    } catch (RequestRefused refused) {
      System.err.println("The node refused: " + refused.getMessage());
      return FAILED;
    } catch (UncheckedIOException failed) {
      System.err.println(
          "The file can't be read or written: "
              + Objects.requireNonNull(failed.getCause()).getMessage());
      return FAILED;
    }
  }

  private static int demo(List<String> arguments) throws UsageMistake {
    var form = new CommandLine.Form("demo", List.of(), Set.of("input", "changes"), Set.of(), false);
    var line = CommandLine.parse(form, arguments);
    int changes = Integer.MAX_VALUE;
    var asked = line.option("changes");
    if (asked.isPresent()) {
      changes = number("changes", asked.get(), 2, Integer.MAX_VALUE);
    }
    return Demo.run(line.option("input").map(Path::of), changes) ? 0 : FAILED;
  }

  private static int status(List<String> arguments) throws UsageMistake {
    var form = new CommandLine.Form("status", List.of(), Set.of("url", "token"), Set.of(), false);
    try (var node = client(CommandLine.parse(form, arguments))) {
      System.out.print(StatusTable.of(node));
    }
    return 0;
  }

  private static int invite(List<String> arguments) throws UsageMistake {
    var form =
        new CommandLine.Form(
            "invite", List.of("a space"), Set.of("role", "url", "token"), Set.of(), false);
    var line = CommandLine.parse(form, arguments);
    String role = line.option("role").orElse("writer");
    if (!Set.of("reader", "writer", "admin", "relay").contains(role)) {
      throw new UsageMistake("--role is reader, writer or admin, not \"" + role + "\".");
    }
    var request = NodeClient.object();
    request.putArray("spaces").addObject().put("space", line.words().getFirst()).put("role", role);
    try (var node = client(line)) {
      var issued = node.post("/api/v1/invitations", request).orThrow();
      System.out.println(issued.path("invitation").asString());
    }
    return 0;
  }

  private static int join(List<String> arguments) throws UsageMistake {
    var form =
        new CommandLine.Form(
            "join", List.of("an invitation"), Set.of("as", "url", "token"), Set.of(), false);
    var line = CommandLine.parse(form, arguments);
    var request = NodeClient.object().put("invitation", line.words().getFirst());
    line.option("as").ifPresent(as -> request.put("as", as));
    try (var node = client(line)) {
      var peer = node.post("/api/v1/peers", request).orThrow();
      System.out.printf(
          "paired with %s (%s)%n", peer.path("name").asString(""), peer.path("node").asString(""));
    }
    return 0;
  }

  private static int bundle(List<String> arguments) throws UsageMistake {
    var form =
        new CommandLine.Form(
            "bundle",
            List.of("export or import", "a file"),
            Set.of("to", "url", "token"),
            Set.of("all"),
            false);
    var line = CommandLine.parse(form, arguments);
    var file = Path.of(line.words().getLast()).toAbsolutePath();
    switch (line.words().getFirst()) {
      case "export" -> {
        var to =
            line.option("to").orElseThrow(() -> new UsageMistake("bundle export needs --to NODE."));
        boolean lacks;
        try (var node = client(line)) {
          var path = "/api/v1/bundles?to=" + NodeClient.segment(idOf(to, node));
          boolean all = line.flags().contains("all");
          lacks = node.downloadBundle(all ? path + "&all=true" : path, file);
        }
        System.out.println("wrote " + file);
        if (lacks) {
          System.out.println(
              "left out what the node can't read from its disk now: export again once it's mended");
        }
      }
      case "import" -> {
        try (var node = client(line)) {
          var taken = node.upload("/api/v1/bundles", file).orThrow();
          String from = taken.path("from").asString("");
          System.out.printf("took in %,d entries from %s%n", taken.path("entries").asLong(), from);
          for (var refused : taken.path("refused")) {
            System.out.printf(
                "not taken of %s: %s%n",
                refused.path("author").asString(""), refused.path("reason").asString(""));
          }
          System.out.println("to tell it: softadastra bundle export --to " + from + " FILE");
        }
      }
      case String unknown ->
          throw new UsageMistake("bundle takes export or import, not \"" + unknown + "\".");
    }
    return 0;
  }

  /** Names are for people; where one stands for several nodes it stands for none. */
  private static String idOf(String node, NodeClient asked) throws UsageMistake {
    var named = new ArrayList<String>();
    for (var peer : asked.get("/api/v1/peers").orThrow()) {
      if (peer.path("name").asString("").equals(node)) {
        named.add(peer.path("node").asString(""));
      }
    }
    if (named.size() > 1) {
      throw new UsageMistake("Several peers are called \"" + node + "\"; --to takes an id too.");
    }
    return named.isEmpty() ? node : named.getFirst();
  }

  private static NodeClient client(CommandLine line) throws UsageMistake {
    String url = line.option("url").orElse(DEFAULT_URL);
    URI node;
    try {
      node = URI.create(url.endsWith("/") ? url.substring(0, url.length() - 1) : url);
    } catch (IllegalArgumentException _) {
      throw new UsageMistake("--url is no URL: " + url);
    }
    if (node.getHost() == null || !Set.of("http", "https").contains(node.getScheme())) {
      throw new UsageMistake("--url must be like " + DEFAULT_URL + ", not " + url);
    }
    return new NodeClient(node, token(line));
  }

  private static @Nullable String token(CommandLine line) {
    return line.option("token")
        .or(() -> Optional.ofNullable(System.getenv("SOFTADASTRA_ACCESS_TOKEN")))
        .orElse(null);
  }

  /**
   * @throws UsageMistake unless the text is a whole number within the bounds, both included
   */
  static int number(String option, String text, int least, int most) throws UsageMistake {
    try {
      int number = Integer.parseInt(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException _) {
      // said below
    }
    String bounds = most == Integer.MAX_VALUE ? "from " + least : "from " + least + " to " + most;
    throw new UsageMistake(
        "--%s is a whole number %s, not \"%s\".".formatted(option, bounds, text));
  }
}
