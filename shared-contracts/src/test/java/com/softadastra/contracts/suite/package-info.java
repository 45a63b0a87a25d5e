/** What every way to reach a layer has to carry, whether in one process or over a link. */
@NullMarked
package com.softadastra.contracts.suite;

import org.jspecify.annotations.NullMarked;
