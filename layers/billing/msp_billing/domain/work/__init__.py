"""Work: time entries, what an hour costs, and who approves it."""
