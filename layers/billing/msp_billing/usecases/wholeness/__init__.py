"""Whether a table is whole: everything in it fits everything else, and the records bucket."""
