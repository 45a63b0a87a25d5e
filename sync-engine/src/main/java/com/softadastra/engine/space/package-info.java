/**
 * A space as one node knows it: its members, its chains, and how recording and receiving make them
 * grow.
 */
@NullMarked
package com.softadastra.engine.space;

import org.jspecify.annotations.NullMarked;
