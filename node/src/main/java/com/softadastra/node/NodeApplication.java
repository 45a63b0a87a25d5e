package com.softadastra.node;

import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;

/** The layers of a node in one application context: they call each other's interfaces directly. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
public class NodeApplication {}
