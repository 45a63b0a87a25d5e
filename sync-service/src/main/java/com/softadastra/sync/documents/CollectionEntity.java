package com.softadastra.sync.documents;

import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import org.jspecify.annotations.Nullable;

/** A collection that was written to. What it is declared to be stands in the log. */
@Entity
@Table(name = "collection")
class CollectionEntity {
  @Id
  @GeneratedValue(strategy = GenerationType.IDENTITY)
  @Column(name = "collection_no")
  private @Nullable Integer number;

  @Column(name = "space_no")
  private int spaceNo;

  private String name = "";

  protected CollectionEntity() {}

  String name() {
    return name;
  }
}
