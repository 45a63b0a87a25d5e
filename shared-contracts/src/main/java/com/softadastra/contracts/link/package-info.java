/**
 * Local links: the contract interfaces, carried over RSocket between layers in separate processes.
 */
@NullMarked
package com.softadastra.contracts.link;

import org.jspecify.annotations.NullMarked;
