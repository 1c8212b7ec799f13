"""What tests stand on: a private environment, real servers, a migrated database, no way out to the network."""
