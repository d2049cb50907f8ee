"""What CodeDeploy does: `lifecycle` tells it as one story per deployment, `runner` lets all stories go on.

`routes` says where traffic goes, `hooks` waits for functions, `cloud` touches AWS, `errors` is what ends a story early.
"""
