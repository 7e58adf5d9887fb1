"""What the system does, step by step, over ports that adapters implement."""
