"""CodeDeploy for the ECS platform: `api` answers, `models` remember, `engine` acts."""
