"""The gallery in docs/gallery: pictures of every kind of document, made from invented data."""
