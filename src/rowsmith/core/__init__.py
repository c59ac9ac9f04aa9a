"""What every room shares: schema, random streams, protocols, registry, errors, the state file."""
