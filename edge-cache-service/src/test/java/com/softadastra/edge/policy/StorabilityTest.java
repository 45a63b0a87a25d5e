package com.softadastra.edge.policy;

import static com.softadastra.edge.policy.Messages.get;
import static com.softadastra.edge.policy.Messages.ok;
import static com.softadastra.edge.policy.Messages.response;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("RFC 9111, 3: what may be stored")
class StorabilityTest {
  private static Storability of(ResponseHead response, String... request) {
    return Storability.of(get(request), response);
  }

  @Test
  @DisplayName("3: a response with explicit freshness is stored")
  void explicitFreshness() {
    assertThat(of(ok("Cache-Control", "max-age=60"))).isEqualTo(Storability.YES);
    assertThat(of(ok("Cache-Control", "s-maxage=60"))).isEqualTo(Storability.YES);
    assertThat(of(ok("Expires", "Sun, 29 Nov 2026 12:10:00 GMT"))).isEqualTo(Storability.YES);
    assertThat(of(response(302, "Cache-Control", "public"))).isEqualTo(Storability.YES);
  }

  @Test
  @DisplayName("3: only responses to a method whose caching is understood")
  void method() {
    var post = RequestHead.of("POST", Headers.NONE);
    assertThat(Storability.of(post, ok("Cache-Control", "max-age=60")))
        .isEqualTo(Storability.OTHER_METHOD);
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 101, 206, 304})
  @DisplayName("3: only final statuses, and nothing partial (3.3 is left out)")
  void statuses(int status) {
    assertThat(of(response(status, "Cache-Control", "max-age=60"))).isEqualTo(Storability.STATUS);
  }

  @Test
  @DisplayName("3: what says nothing is stored only with a status that is cacheable by itself")
  void statusByItself() {
    assertThat(of(ok())).isEqualTo(Storability.YES);
    assertThat(of(response(404))).isEqualTo(Storability.YES);
    assertThat(of(response(302))).isEqualTo(Storability.NOT_TOLD);
    assertThat(of(response(500))).isEqualTo(Storability.NOT_TOLD);
    assertThat(of(response(599, "Cache-Control", "max-age=9"))).isEqualTo(Storability.YES);
  }

  @Test
  @DisplayName("5.2.1.5, 5.2.2.5: no-store of the request or the response")
  void noStore() {
    assertThat(of(ok("Cache-Control", "max-age=60"), "Cache-Control", "no-store"))
        .isEqualTo(Storability.NO_STORE);
    assertThat(of(ok("Cache-Control", "max-age=60, No-Store"))).isEqualTo(Storability.NO_STORE);
    assertThat(of(ok("Cache-Control", "max-age=60", "Cache-Control", "no-store")))
        .isEqualTo(Storability.NO_STORE);
  }

  @Test
  @DisplayName("5.2.2.3: must-understand with a known status overrides no-store")
  void mustUnderstand() {
    String control = "no-store, must-understand, max-age=60";
    assertThat(of(ok("Cache-Control", control))).isEqualTo(Storability.YES);
    assertThat(of(response(299, "Cache-Control", control))).isEqualTo(Storability.STATUS);
    assertThat(of(response(299, "Cache-Control", "max-age=60"))).isEqualTo(Storability.YES);
  }

  @Test
  @DisplayName("5.2.2.7: private is not for a shared cache; with fields, without those")
  void isPrivate() {
    assertThat(of(ok("Cache-Control", "private, max-age=60"))).isEqualTo(Storability.PRIVATE);
    var some =
        ok("Cache-Control", "private=\"X-User, x-cart\", max-age=60", "X-User", "me", "X-A", "b");
    assertThat(of(some)).isEqualTo(Storability.YES);
    assertThat(Storability.kept(some).has("X-User")).isFalse();
    assertThat(Storability.kept(some).has("X-A")).isTrue();
    assertThat(of(ok("Cache-Control", "max-age=60, private=\"X-User\", private")))
        .isEqualTo(Storability.PRIVATE);
  }

  @Test
  @DisplayName("5.2.2.4: fields that no-cache names are not kept; all of it only with a validator")
  void noCache() {
    var some = ok("Cache-Control", "no-cache=\"x-user\", max-age=60", "X-User", "me");
    assertThat(of(some)).isEqualTo(Storability.YES);
    assertThat(Storability.kept(some).has("X-User")).isFalse();
    assertThat(of(ok("Cache-Control", "no-cache"))).isEqualTo(Storability.NO_VALIDATOR);
    assertThat(of(ok("Cache-Control", "no-cache", "ETag", "\"a\""))).isEqualTo(Storability.YES);
  }

  @Test
  @DisplayName("3.1: fields between proxies are not kept")
  void proxyFields() {
    var response = ok("Proxy-Authenticate", "x", "Proxy-Authentication-Info", "y", "ETag", "\"a\"");
    assertThat(Storability.kept(response).fields())
        .extracting(Headers.Field::name)
        .containsExactly("ETag", "Date");
  }

  @ParameterizedTest
  @ValueSource(strings = {"must-revalidate, max-age=9", "public", "s-maxage=9"})
  @DisplayName("3.5: an answer to Authorization is stored where it says that it is for all")
  void authorized(String control) {
    assertThat(of(ok("Cache-Control", control), "Authorization", "Basic eA=="))
        .isEqualTo(Storability.YES);
  }

  @ParameterizedTest
  @ValueSource(strings = {"max-age=9", "proxy-revalidate, max-age=9", "no-transform"})
  @DisplayName("3.5: an answer to Authorization is not stored otherwise")
  void notForAll(String control) {
    assertThat(of(ok("Cache-Control", control), "Authorization", "Basic eA=="))
        .isEqualTo(Storability.AUTHORIZATION);
  }

  @Test
  @DisplayName("4.1: Vary: * is not stored")
  void varies() {
    assertThat(of(ok("Cache-Control", "max-age=60", "Vary", "Accept, *")))
        .isEqualTo(Storability.VARIES);
  }

  @Test
  @DisplayName("7.3: a cookie is nobody else's")
  void cookie() {
    assertThat(of(ok("Cache-Control", "public, max-age=60", "Set-Cookie", "a=b")))
        .isEqualTo(Storability.COOKIE);
    assertThat(of(ok("Cache-Control", "no-cache=\"set-cookie\", max-age=60", "Set-Cookie", "a=b")))
        .isEqualTo(Storability.YES);
    assertThat(of(ok("ETag", "\"a\""), "Cookie", "a=b")).isEqualTo(Storability.NOT_TOLD);
    assertThat(of(ok("Cache-Control", "max-age=9"), "Cookie", "a=b")).isEqualTo(Storability.YES);
  }
}
