package com.softadastra.gateway.web;

import com.softadastra.contracts.peering.NodeInfo;
import com.softadastra.contracts.peering.Peering;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** This node. */
@RestController
class NodeController {
  private final Peering peering;

  NodeController(Peering peering) {
    this.peering = peering;
  }

  @GetMapping("/api/v1/node")
  NodeInfo node() {
    return peering.node();
  }
}
