/**
 * The tour: a real history replayed on two nodes through their REST interface, with a cut and a
 * crash, and compared with what a separate naive program makes of the same file.
 */
@NullMarked
package com.softadastra.node.demo;

import org.jspecify.annotations.NullMarked;
