"""The HTTP server of a web process: one event loop for all connections, threads for the app.

A `door` takes visitors in; each has a `connection`, which has a `reader` read the requests, lines
them up and writes the answers. Their `heads` say what follows. What can be answered at once never
leaves the loop; all else is done by the WSGI app in a thread, through a `gateway`.
"""
