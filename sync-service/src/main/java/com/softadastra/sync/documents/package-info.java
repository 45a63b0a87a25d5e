/** Documents, receipts, changes and conflicts as the runtime asks for them. */
@NullMarked
package com.softadastra.sync.documents;

import org.jspecify.annotations.NullMarked;
