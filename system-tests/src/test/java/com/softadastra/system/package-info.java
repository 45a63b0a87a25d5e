/** The product as its users have it: real processes, driven through REST and signals alone. */
package com.softadastra.system;
