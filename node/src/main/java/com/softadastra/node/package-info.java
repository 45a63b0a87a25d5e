/** The command line, and the layers wired into one process. */
@NullMarked
package com.softadastra.node;

import org.jspecify.annotations.NullMarked;
