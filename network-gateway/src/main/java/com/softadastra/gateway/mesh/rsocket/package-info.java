/** The mesh over RSocket and TLS 1.3: the listening side, the calling side and their wiring. */
@NullMarked
package com.softadastra.gateway.mesh.rsocket;

import org.jspecify.annotations.NullMarked;
