package com.softadastra.gateway.web;

import com.softadastra.contracts.peering.MemberView;
import com.softadastra.contracts.peering.Peering;
import java.util.List;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RestController;

/** Who belongs to a space. */
@RestController
class MemberController {
  private final Peering peering;

  MemberController(Peering peering) {
    this.peering = peering;
  }

  @GetMapping("/api/v1/spaces/{space}/members")
  List<MemberView> members(@PathVariable String space) {
    return peering.members(space).orThrow();
  }
}
