/** What an application brings along: a function that decides conflicts. */
package com.softadastra.system.functions;
