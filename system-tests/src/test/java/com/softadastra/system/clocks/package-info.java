/** What makes a node's clock wrong. */
package com.softadastra.system.clocks;
