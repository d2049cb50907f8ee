"""A forward proxy that knows AWS's own names, so that nobody who uses them has to know that this is a rehearsal.

`<account>.dkr.ecr.<region>.amazonaws.com` ends here in TLS with our certificate and asks for the login that ECR asks
for; load balancers, by name or by private address, are reached through the gateway; every other host is tunnelled,
through the environment's own proxy where it has one. Clients find it by HTTPS_PROXY and HTTP_PROXY.
"""
