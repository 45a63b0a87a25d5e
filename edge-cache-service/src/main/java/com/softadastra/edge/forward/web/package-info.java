/** Kept requests over HTTP. */
@NullMarked
package com.softadastra.edge.forward.web;

import org.jspecify.annotations.NullMarked;
