/** The sync engine in another process, as the runtime reaches it. */
@NullMarked
package com.softadastra.runtime.link;

import org.jspecify.annotations.NullMarked;
