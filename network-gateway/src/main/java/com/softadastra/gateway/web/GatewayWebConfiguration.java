package com.softadastra.gateway.web;

import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** The gateway's part of the HTTP interface. */
@Configuration(proxyBeanMethods = false)
@Import({
  NodeController.class,
  PeerController.class,
  MemberController.class,
  BundleController.class
})
public class GatewayWebConfiguration {}
