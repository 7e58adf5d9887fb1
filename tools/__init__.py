"""Scripts for work on the project; nothing here runs on AWS."""
