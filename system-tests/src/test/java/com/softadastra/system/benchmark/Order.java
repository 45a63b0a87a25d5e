package com.softadastra.system.benchmark;

import com.softadastra.contracts.json.JsonText;
import java.util.HexFormat;

/** The document that every subject is given: canonical JSON of about 450 bytes. */
final class Order {
  private static final String REST =
      "\",\"items\":[{\"count\":2,\"price\":\"12.90\",\"product\":\"Coffee, whole beans, 500 g\"},"
          + "{\"count\":1,\"price\":\"4.50\",\"product\":\"Oat milk, 1 l\"},"
          + "{\"count\":6,\"price\":\"0.80\",\"product\":\"Croissant\"}],"
          + "\"note\":\"Deliver to the back door; the bell is out of order, please call.\","
          + "\"paid\":false,\"shop\":\"Bakery at the corner\",\"state\":\"recorded\","
          + "\"till\":\"till-2\",\"total\":\"35.10\",\"worker\":\"Ada\",\"zone\":\""
          + "x".repeat(60)
          + "\"}";

  private Order() {}

  /** Ids come in no order, as random ones do; each number has its own. */
  static String id(long number) {
    long mixed = number * 0x9E3779B97F4A7C15L;
    return "order-" + HexFormat.of().toHexDigits(mixed ^ mixed >>> 32);
  }

  static JsonText body(String id) {
    return new JsonText("{\"id\":\"" + id + REST);
  }
}
