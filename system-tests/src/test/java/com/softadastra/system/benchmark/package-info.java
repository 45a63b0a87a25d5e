/** What recording costs, beside peers that do the same, measured in turn in one run. */
@NullMarked
package com.softadastra.system.benchmark;

import org.jspecify.annotations.NullMarked;
