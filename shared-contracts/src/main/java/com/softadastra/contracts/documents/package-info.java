/** What the runtime asks of the sync engine: documents, intents, receipts, changes, conflicts. */
@NullMarked
package com.softadastra.contracts.documents;

import org.jspecify.annotations.NullMarked;
