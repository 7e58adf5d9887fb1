"""The command-line program: billing on this machine, in the local cloud."""
