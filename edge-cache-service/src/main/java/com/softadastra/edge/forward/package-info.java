/**
 * Requests that change something at an origin that can't be reached, kept until they are delivered.
 */
@NullMarked
package com.softadastra.edge.forward;

import org.jspecify.annotations.NullMarked;
