/** Who has what: signed statements of vectors, and what receipts say by them. */
@NullMarked
package com.softadastra.engine.ledger;

import org.jspecify.annotations.NullMarked;
