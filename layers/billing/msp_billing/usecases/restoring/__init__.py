"""After a table was restored to an earlier time: what it does not know."""
