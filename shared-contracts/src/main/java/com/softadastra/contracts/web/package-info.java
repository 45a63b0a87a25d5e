/** Reads over HTTP that another process answers, as layers see them. */
@NullMarked
package com.softadastra.contracts.web;

import org.jspecify.annotations.NullMarked;
