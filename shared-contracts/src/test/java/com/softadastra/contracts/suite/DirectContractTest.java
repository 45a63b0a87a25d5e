package com.softadastra.contracts.suite;

/** The suite in one process, where a layer's implementation is called as it is. */
class DirectContractTest extends ContractSuite {
  @Override
  protected <T> T reach(Class<T> contract, T implementation) {
    return implementation;
  }
}
