/**
 * What every HTTP service of a node does alike: who may call, how errors look, how bodies are read.
 */
@NullMarked
package com.softadastra.contracts.http;

import org.jspecify.annotations.NullMarked;
