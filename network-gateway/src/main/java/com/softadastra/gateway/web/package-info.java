/** Nodes, invitations and peers over HTTP. */
@NullMarked
package com.softadastra.gateway.web;

import org.jspecify.annotations.NullMarked;
