"""What needs a person: found in the state itself, and told to the provider's people."""
