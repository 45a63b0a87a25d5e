/** How two nodes exchange entries: the frames of a session and what each side does with them. */
@NullMarked
package com.softadastra.engine.session;

import org.jspecify.annotations.NullMarked;
