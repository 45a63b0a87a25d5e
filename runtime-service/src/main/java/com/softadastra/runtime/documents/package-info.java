/** Spaces, documents, intents and conflicts over HTTP. */
@NullMarked
package com.softadastra.runtime.documents;

import org.jspecify.annotations.NullMarked;
