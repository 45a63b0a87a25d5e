/** Where the mesh listens, where it can be reached, and how much it lets in. */
@NullMarked
package com.softadastra.gateway.mesh;

import org.jspecify.annotations.NullMarked;
