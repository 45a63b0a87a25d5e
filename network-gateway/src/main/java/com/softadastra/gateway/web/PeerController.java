package com.softadastra.gateway.web;

import com.softadastra.contracts.NodeId;
import com.softadastra.contracts.ProblemCode;
import com.softadastra.contracts.Refused;
import com.softadastra.contracts.http.JsonBody;
import com.softadastra.contracts.http.MediaTypes;
import com.softadastra.contracts.json.Json;
import com.softadastra.contracts.peering.InvitationIssued;
import com.softadastra.contracts.peering.PeerView;
import com.softadastra.contracts.peering.Peering;
import com.softadastra.gateway.mesh.MailCallers;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.util.List;
import org.springframework.http.HttpStatus;
import org.springframework.util.unit.DataSize;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Invites nodes, accepts their invitations, shows them and switches the links to them. */
@RestController
class PeerController {
  /** Far above any invitation; what is larger is a mistake. */
  private static final DataSize LARGEST_BODY = DataSize.ofKilobytes(64);

  private final Peering peering;
  private final MailCallers callers;

  PeerController(Peering peering, MailCallers callers) {
    this.peering = peering;
    this.callers = callers;
  }

  @PostMapping("/api/v1/invitations")
  InvitationIssued invite(HttpServletRequest request) throws IOException {
    return peering.invite(PeerRequestBodies.invitation(body(request))).orThrow();
  }

  @PostMapping("/api/v1/peers")
  @ResponseStatus(HttpStatus.CREATED)
  PeerView join(HttpServletRequest request) throws IOException {
    var joining = PeerRequestBodies.joining(body(request));
    return callers.seen(peering.join(joining.invitation(), joining.as()).orThrow());
  }

  @GetMapping("/api/v1/peers")
  List<PeerView> peers() {
    return peering.peers().stream().map(callers::seen).toList();
  }

  @PutMapping("/api/v1/peers/{node}/link")
  PeerView switchLink(@PathVariable String node, HttpServletRequest request) throws IOException {
    boolean on = PeerRequestBodies.linkOn(body(request));
    return callers.seen(peering.switchLink(peer(node), on).orThrow());
  }

  private static Json.Obj body(HttpServletRequest request) throws IOException {
    MediaTypes.requireJson(request);
    return JsonBody.object(request, LARGEST_BODY);
  }

  private static NodeId peer(String node) {
    try {
      return NodeId.parse(node);
    } catch (IllegalArgumentException e) {
      throw new Refused(ProblemCode.PEER_UNKNOWN, "this is not a node's id");
    }
  }
}
