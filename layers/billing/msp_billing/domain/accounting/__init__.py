"""What accounting programs are given of the ledgers: lines, bookings, and proof of the sums."""
