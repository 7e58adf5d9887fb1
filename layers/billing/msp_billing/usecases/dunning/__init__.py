"""What follows when an account does not pay: cases, letters, holds and the way out of them."""
