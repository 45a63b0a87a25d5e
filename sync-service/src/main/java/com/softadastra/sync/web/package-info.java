/** The engine's own REST and dashboards: outbox, risk, the log, peers, conflicts. */
@NullMarked
package com.softadastra.sync.web;

import org.jspecify.annotations.NullMarked;
