/** The origins that an operator has named, and the only way in which anything is fetched. */
@NullMarked
package com.softadastra.edge.origin;

import org.jspecify.annotations.NullMarked;
