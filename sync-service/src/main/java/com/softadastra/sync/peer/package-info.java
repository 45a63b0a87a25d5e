/**
 * The nodes that this one is paired with: what it knows of them, how they join, how their links
 * stand.
 */
@NullMarked
package com.softadastra.sync.peer;

import org.jspecify.annotations.NullMarked;
