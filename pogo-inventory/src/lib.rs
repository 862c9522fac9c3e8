//! Inventory sources for pogo: where a company keeps its hosts, as a fleet and a policy.
