/** Functions of the application's own that decide conflicts, and when they are called. */
@NullMarked
package com.softadastra.runtime.resolvers;

import org.jspecify.annotations.NullMarked;
