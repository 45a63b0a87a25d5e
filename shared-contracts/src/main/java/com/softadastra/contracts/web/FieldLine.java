package com.softadastra.contracts.web;

/** A line of a message's header (RFC 9110, 5.2); a name may stand on several. */
public record FieldLine(String name, String value) {}
