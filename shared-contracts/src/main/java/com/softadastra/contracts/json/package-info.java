/** JSON as Softadastra keeps it: exact numbers, one canonical text, merge patches. */
@NullMarked
package com.softadastra.contracts.json;

import org.jspecify.annotations.NullMarked;
