/** Nodes as processes of their own, started, killed and started again by another program. */
@NullMarked
package com.softadastra.node.process;

import org.jspecify.annotations.NullMarked;
