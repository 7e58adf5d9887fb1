"""A provider directory: YAML and CSV files, read with every problem named by file and line."""
