package com.softadastra.gateway.web;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.http.JsonBody;
import com.softadastra.contracts.http.MediaTypes;
import com.softadastra.contracts.peering.MemberView;
import com.softadastra.contracts.peering.Peering;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.List;
import org.springframework.util.unit.DataSize;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RestController;

/** Who belongs to a space, and as what. */
@RestController
class MemberController {
  private static final DataSize LARGEST_BODY = DataSize.ofKilobytes(64);

  private final Peering peering;

  MemberController(Peering peering) {
    this.peering = peering;
  }

  @GetMapping("/api/v1/spaces/{space}/members")
  List<MemberView> members(@PathVariable String space) {
    return peering.members(space).orThrow();
  }

  @PutMapping("/api/v1/spaces/{space}/members/{node}")
  MemberView change(
      @PathVariable String space, @PathVariable String node, HttpServletRequest request)
      throws IOException {
    MediaTypes.requireJson(request);
    var change = PeerRequestBodies.memberChange(JsonBody.object(request, LARGEST_BODY));
    return peering.changeMember(space, parsed(node), change).orThrow();
  }

  /** Has no body. */
  @PostMapping("/api/v1/spaces/{space}/members/{node}/retirement")
  MemberView retire(@PathVariable String space, @PathVariable String node) {
    return peering.retireMember(space, parsed(node)).orThrow();
  }

  private static NodeId parsed(String node) {
    try {
      return NodeId.parse(node);
    } catch (IllegalArgumentException e) {
      throw new Refused(ProblemCode.PEER_UNKNOWN, "this is not a node's id");
    }
  }
}
