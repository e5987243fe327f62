"""The processes that evaluate visitors' queries, and the way from a web process to them.

A web process asks `lanes`; a lane is a `channel` to its workers. A `supervisor` keeps the web
processes and a `generation` at work: one release, with its `evaluator`, whose `foreman` keeps
the workers of all lanes.
"""
