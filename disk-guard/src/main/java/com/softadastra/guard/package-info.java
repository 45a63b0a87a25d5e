/**
 * A file system under H2 that turns a checkpoint of it into a durability point which torn and
 * reordered disk writes can't undo, for the price of one force.
 */
@NullMarked
package com.softadastra.guard;

import org.jspecify.annotations.NullMarked;
