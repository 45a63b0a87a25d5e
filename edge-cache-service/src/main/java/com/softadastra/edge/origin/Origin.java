package com.softadastra.edge.origin;

import java.net.URI;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A server that an operator has named.
 *
 * @param name as it stands in the path
 * @param url scheme, authority and the path under which everything of it is found, without a slash
 *     at the end
 * @param privateNetwork whether its name may lead to an address that is not public
 */
public record Origin(String name, URI url, boolean privateNetwork) {
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");
  private static final int MOST_PORT = 65_535;
  private static final Pattern IPV4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");

  /**
   * @throws IllegalArgumentException with a sentence for the operator
   */
  public static Origin named(String name, URI url, boolean privateNetwork) {
    String setting = "softadastra.edge.origins." + name;
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          setting + ": a name is 1 to 63 of a-z, 0-9 and -, and doesn't begin with -");
    }
    String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
    boolean isPlain =
        url.getHost() != null
            && url.getPort() <= MOST_PORT
            && url.getRawUserInfo() == null
            && url.getRawQuery() == null
            && url.getRawFragment() == null;
    if (!isPlain || !(scheme.equals("http") || scheme.equals("https"))) {
      throw new IllegalArgumentException(
          setting + ".url must be like http://host:port/path, not " + url);
    }
    String path = url.getRawPath() == null ? "" : url.getRawPath();
    int end = path.length();
    while (end > 0 && path.charAt(end - 1) == '/') {
      end--;
    }
    String host = url.getHost().toLowerCase(Locale.ROOT);
    int standard = scheme.equals("https") ? 443 : 80;
    String port = url.getPort() < 0 || url.getPort() == standard ? "" : ":" + url.getPort();
    // who writes an address has named it
    boolean isNamed = privateNetwork || isAddress(host) || host.equals("localhost");
    return new Origin(
        name, URI.create(scheme + "://" + host + port + path.substring(0, end)), isNamed);
  }

  private static boolean isAddress(String host) {
    return host.startsWith("[") || IPV4.matcher(host).matches();
  }

  /** Scheme and authority: to whom goes what is sent there. */
  public String site() {
    return url.getScheme() + "://" + url.getRawAuthority();
  }

  /**
   * @param target path and query as {@link TargetPath} lets through
   */
  public URI at(String target) {
    return URI.create(url + target);
  }
}
