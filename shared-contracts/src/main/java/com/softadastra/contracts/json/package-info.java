/** JSON as Softadastra keeps it: strictly read, numbers as written, one canonical text. */
@NullMarked
package com.softadastra.contracts.json;

import org.jspecify.annotations.NullMarked;
