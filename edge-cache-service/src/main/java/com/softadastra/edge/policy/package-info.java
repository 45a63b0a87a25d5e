/**
 * The rules of a shared HTTP cache (RFC 9111, 5861, 9211): what may be stored, what may be used,
 * and what an answer says about it. Values in, values out: no input or output, no clock.
 */
@NullMarked
package com.softadastra.edge.policy;

import org.jspecify.annotations.NullMarked;
