/** The log: entries, the operations in them, their bytes, hashes and signatures. */
@NullMarked
package com.softadastra.engine.log;

import org.jspecify.annotations.NullMarked;
