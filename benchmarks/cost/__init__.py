"""What the system costs on AWS and where its limits are, worked out from what was counted."""
