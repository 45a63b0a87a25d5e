/** The cache over HTTP. */
@NullMarked
package com.softadastra.edge.web;

import org.jspecify.annotations.NullMarked;
