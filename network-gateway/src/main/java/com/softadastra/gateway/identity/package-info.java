/**
 * Who is at the other end: the transport's key, its certificate and the trust in those of peers.
 */
@NullMarked
package com.softadastra.gateway.identity;

import org.jspecify.annotations.NullMarked;
