"""What functions carry and how long they take to start, held to a budget (`make budget`)."""
