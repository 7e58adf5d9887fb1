"""Mail: who gets it, sending it once at SES's rate, and what becomes of it afterwards."""
