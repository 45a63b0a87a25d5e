/** When steps run and on what: threads and the machine's clock, or the events of a simulation. */
@NullMarked
package com.softadastra.contracts.time;

import org.jspecify.annotations.NullMarked;
