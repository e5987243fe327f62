"""Measures the service against other SPARQL servers, side by side in one run; see README.md."""
