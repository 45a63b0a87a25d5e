/** The fuzzer itself; what it is aimed at lies in the packages of the decoders. */
package com.softadastra.fuzz;
