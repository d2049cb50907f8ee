"""GitHub on this machine, as far as delivering through it needs: REST, GraphQL and git over HTTP on loopback.

Start it with `python -m rehearsal.github --port P` (see `__main__.py` and docs/github-emulated.md). Repositories are
real bare git repositories; everything else lives in memory. What is refused is refused as GitHub does, with its status
and its words, so that clients others wrote (PyGithub, the Terraform provider, git) can tell whether it is true.

The house: `world` (who and what exists) · `git` (one bare repository) · `access` (tokens, scopes, roles) · `limits`
(plans, rate limits, trouble on demand) · `routes`, `errors`, `server` (the HTTP side) · `smart_http` with
`proc_receive` (clone and push) · `rules` with `enforcement` (rulesets, branch protection, what they refuse) ·
`changes` (the one way a ref moves) · one module for each area of the API · `graphql` · `courier` (webhooks that
are really sent) · `oidc` (the subject a job would get) · `control` (what a rehearsal may ask beyond GitHub).
"""
