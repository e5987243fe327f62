"""The headers every answer has: open to other sites, closed to surprises."""

from __future__ import annotations

SECURITY = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
EXPOSED = (
    "Content-Digest, Content-Disposition, ETag, Link, Repr-Digest, Result-Cut, Retry-After, "
    "X-Request-Id"
)
ALWAYS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": EXPOSED,
    **SECURITY,
}
