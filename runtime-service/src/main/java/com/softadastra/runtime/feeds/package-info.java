/** What comes up in a space, live, as server-sent events. */
@NullMarked
package com.softadastra.runtime.feeds;

import org.jspecify.annotations.NullMarked;
