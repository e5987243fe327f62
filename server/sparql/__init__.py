"""The SPARQL 1.1 Protocol: read a request, take it to an evaluator, send or refuse the answer."""
