/** When steps run and on what: threads and the machine's clock, or the events of a simulation. */
@NullMarked
package com.softadastra.sync.time;

import org.jspecify.annotations.NullMarked;
