/** A node's REST interface as seen by a caller outside its process: commands, the tour, tests. */
@NullMarked
package com.softadastra.node.client;

import org.jspecify.annotations.NullMarked;
