"""Charging: from quantities and prices to the amounts of lines."""
