"""How the ports speak to AWS, to files and to the document engines."""
